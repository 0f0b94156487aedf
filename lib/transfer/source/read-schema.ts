import { isInternal, isOwnCounter, isServerTable } from './internal-names.js';
import { quoteName } from './quote-name.js';
import { readTable } from './read-table.js';
import type { SnapshotDatabase } from './snapshot-database.js';
import type { SourceObject, SourceSchema, SourceTable } from './source-schema.js';

type SchemaRow = [type: SourceObject['type'], name: string, tableName: string, sql: string | null];
type ListRow = [name: string, type: string, withoutRowid: bigint];

/** Reads what there is to move, in the order in which it was created. */
export function readSchema(database: SnapshotDatabase): SourceSchema {
  const rows = database.all<SchemaRow>('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid');
  const list = database.all<ListRow>(`SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'`);
  const kinds = new Map(list.map(([name, type, wr]) => [name, { type, withoutRowid: wr === 1n }]));
  // the sequence is moved apart, the statistics are not
  const objects = rows.filter(([, name, tableName, sql]) => sql !== null && !isInternal(name, tableName));
  const ofType = (type: SourceObject['type']): SourceObject[] =>
    objects.filter((row) => row[0] === type).map(toObject);

  const encoding = readPragma(database, 'encoding') as string;
  const tables: SourceTable[] = [];
  const virtualTables: SourceObject[] = [];
  for (const table of ofType('table')) {
    const kind = kinds.get(table.name);
    if (isVirtual(table.sql)) virtualTables.push(table);
    else {
      const isShadow = kind?.type === 'shadow';
      const withoutRowid = kind?.withoutRowid ?? false;
      tables.push(readTable(database, table.name, table.sql, { isShadow, withoutRowid, encoding }));
    }
  }
  return {
    tables,
    virtualTables,
    indexes: ofType('index'),
    views: ofType('view'),
    triggers: ofType('trigger'),
    viewColumns: new Map(ofType('view').map(({ name }) => [name, readViewColumns(database, name)])),
    sequence: readSequence(database),
    hasStatistics: rows.some(([, name]) => /^sqlite_stat\d/.test(name)),
    serverTables: rows
      .filter(([type, name]) => type === 'table' && isServerTable(name))
      .map(([, name]) => name),
    encoding,
    userVersion: Number(readPragma(database, 'user_version')),
    applicationId: Number(readPragma(database, 'application_id')),
  };
}

/** The counters of AUTOINCREMENT, without those of this package. @returns undefined where there is no table of them */
export function readSequence(database: SnapshotDatabase): SourceSchema['sequence'] {
  const [exists] = database.all(`SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'`);
  if (exists === undefined) return undefined;
  return database
    .all<[name: string | null, seq: bigint | null]>('SELECT name, seq FROM sqlite_sequence ORDER BY rowid')
    .filter(([name]) => !isOwnCounter(name));
}

/** A view that cannot be compiled has no columns. */
function readViewColumns(database: SnapshotDatabase, view: string): string[] {
  if (database.findProblem(`SELECT * FROM ${quoteName(view)}`) !== undefined) return [];
  return database.all<[string]>('SELECT name FROM pragma_table_xinfo(?)', view).map(([name]) => name);
}

function readPragma(database: SnapshotDatabase, name: string): unknown {
  const [row] = database.all<[unknown]>(`PRAGMA ${quoteName(name)}`);
  return row?.[0];
}

function toObject([type, name, tableName, sql]: SchemaRow): SourceObject {
  return { type, name, tableName, sql: sql as string };
}

/** SQLite writes the beginning of the text itself, in this form. */
function isVirtual(sql: string): boolean {
  return /^CREATE VIRTUAL TABLE/i.test(sql);
}
