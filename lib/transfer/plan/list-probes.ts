import { quoteName } from '../source/quote-name.js';
import type { SourceObject, SourceSchema } from '../source/source-schema.js';

/** A statement that is compiled, never run, to see whether an object works. */
export interface Probe {
  readonly object: SourceObject;
  readonly sql: string;
}

/** SQLite compiles views and triggers when they are used, not when they are created. */
export function listProbes(objects: readonly SourceObject[], schema: SourceSchema): Probe[] {
  return objects.flatMap((object): Probe[] => {
    if (object.type === 'view')
      return [{ object, sql: `EXPLAIN QUERY PLAN SELECT * FROM ${quoteName(object.name)}` }];
    if (object.type === 'trigger') return probeTrigger(object, schema).map((sql) => ({ object, sql }));
    return [];
  });
}

/** The statement that fires it. A trigger of another event does not matter: it has a probe of its own. */
function probeTrigger({ tableName, sql }: SourceObject, schema: SourceSchema): string[] {
  const table = quoteName(tableName);
  const columns = schema.tables.find(({ name }) => name === tableName)?.columns ?? [];
  const written = columns.filter(({ generated }) => !generated).map(({ name }) => name);
  const names = (schema.viewColumns.get(tableName) ?? written).map(quoteName);
  if (names.length === 0) return [];
  switch (readEvent(sql)) {
    case 'DELETE':
      return [`EXPLAIN QUERY PLAN DELETE FROM ${table}`];
    case 'INSERT':
      return [
        `EXPLAIN QUERY PLAN INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => 'NULL').join(', ')})`,
      ];
    default:
      return [
        `EXPLAIN QUERY PLAN UPDATE ${table} SET ${names.map((name) => `${name} = ${name}`).join(', ')}`,
      ];
  }
}

function readEvent(sql: string): string {
  return /\b(INSERT|DELETE|UPDATE)\b/i.exec(withoutQuoted(sql))?.[1]?.toUpperCase() ?? '';
}

/** Names may hold any word. */
function withoutQuoted(sql: string): string {
  return sql.replace(
    /"(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?\*\//g,
    ' x ',
  );
}
