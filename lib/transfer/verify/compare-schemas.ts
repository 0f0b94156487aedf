import { isOwnCounter } from '../source/internal-names.js';
import type { Source } from '../source/source.js';
import type { SourceObject, SourceSchema } from '../source/source-schema.js';
import { ownCounters } from '../copy/set-sequence.js';
import { listTables } from '../plan/list-statements.js';
import { listTargetObjects } from '../target/list-objects.js';
import type { TargetDatabase } from '../target/target-database.js';
import type { Difference } from './verification.js';

/** Compares every definition, the counters of AUTOINCREMENT and `user_version`; beside other objects what belongs to the source alone. */
export async function compareSchemas(target: TargetDatabase, { schema }: Source): Promise<Difference[]> {
  const shadows = new Set(schema.tables.filter(({ isShadow }) => isShadow).map(({ name }) => name));
  const expected: SourceObject[] = [
    ...listTables(schema),
    ...schema.indexes,
    ...schema.views,
    ...schema.triggers,
  ];
  const found = new Map(
    (await listTargetObjects(target)).map((object) => [`${object.type} ${object.name}`, object]),
  );
  const differences: Difference[] = [];
  for (const { type, name, sql } of expected) {
    const there = found.get(`${type} ${name}`);
    found.delete(`${type} ${name}`);
    if (there === undefined) differences.push({ kind: 'object-missing', object: name, key: '' });
    else if (there.sql !== sql) differences.push({ kind: 'object-changed', object: name, key: '' });
  }
  for (const shadow of shadows)
    if (!found.delete(`table ${shadow}`))
      differences.push({ kind: 'object-missing', object: shadow, key: '' });
  const { intoNonEmpty } = target.options;
  const names = new Set(schema.tables.map(({ name }) => name));
  // whoever creates a trigger may spell the name of its table as he likes
  const own = new Set([...names, ...expected.map(({ name }) => name)].map((name) => name.toLowerCase()));
  for (const { name, tableName } of found.values())
    if (!intoNonEmpty || own.has(tableName.toLowerCase()))
      differences.push({ kind: 'object-extra', object: name, key: '' });
  if (intoNonEmpty) return [...differences, ...(await compareSequences(target, ownCounters(schema), names))];
  const version = await target.query('SELECT user_version FROM pragma_user_version');
  const cell = version[0]?.[0];
  if (cell?.type !== 'integer' || Number(cell.value) !== schema.userVersion)
    differences.push({ kind: 'user-version', object: 'user_version', key: '' });
  return [...differences, ...(await compareSequences(target, schema.sequence ?? []))];
}

async function compareSequences(
  target: TargetDatabase,
  expected: NonNullable<SourceSchema['sequence']>,
  names?: ReadonlySet<string>,
): Promise<Difference[]> {
  const [table] = await target.query(`SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'`);
  const query = `SELECT quote(name) || ' ' || quote(seq), name FROM sqlite_sequence`;
  const rows = table === undefined ? [] : await target.query(query);
  const there = rows
    .map((row) => row.map((cell) => (cell.type === 'text' ? cell.value : '')))
    .filter(([, name = '']) => (names === undefined || names.has(name)) && !isOwnCounter(name))
    .map(([counter = '']) => counter)
    .sort();
  const here = expected.map((row) => row.map(quoteCell).join(' ')).sort();
  if (JSON.stringify(there) === JSON.stringify(here)) return [];
  return [{ kind: 'sequence', object: 'sqlite_sequence', key: '' }];
}

function quoteCell(cell: string | bigint | null): string {
  if (cell === null) return 'NULL';
  return typeof cell === 'string' ? `'${cell.replaceAll("'", "''")}'` : String(cell);
}
