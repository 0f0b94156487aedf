import { quoteName } from './quote-name.js';
import type { SnapshotDatabase } from './snapshot-database.js';
import type { SourceColumn, SourceTable } from './source-schema.js';

type ColumnRow = [name: string, type: string, pk: bigint, hidden: bigint];

/** What SQLite tells of a table beside its columns. */
export interface TableKind {
  readonly isShadow: boolean;
  readonly withoutRowid: boolean;
  readonly encoding: string;
}

const rowidNames = ['rowid', '_rowid_', 'oid'];

/** Reads the columns of a table and how its rows can be named. */
export function readTable(
  database: SnapshotDatabase,
  name: string,
  sql: string,
  { isShadow, withoutRowid, encoding }: TableKind,
): SourceTable {
  const rows = database.all<ColumnRow>('SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)', name);
  const columns: SourceColumn[] = rows.map(([column, , , hidden]) => ({
    name: column,
    generated: hidden === 2n || hidden === 3n,
  }));
  const key = rows.filter(([, , pk]) => pk > 0n).sort((a, b) => Number(a[2] - b[2]));
  const alias = withoutRowid ? undefined : findAlias(database, name, key);
  const hidden = withoutRowid || alias !== undefined ? undefined : findHiddenRowid(columns);
  const keyColumns = withoutRowid ? key.map(([column]) => column) : [];
  return {
    name,
    sql,
    isShadow,
    columns,
    rowid: alias ?? hidden,
    rowidIsHidden: hidden !== undefined,
    keyColumns,
    keyOrder: keyColumns.flatMap((column) => orderBy(column, encoding)),
    rowCount: countRows(database, name),
  };
}

/** SQLite counts along an index, unless it lacks a collation of it. @returns 0 where it cannot read the table either */
function countRows(database: SnapshotDatabase, table: string): number {
  const count = `SELECT count(*) FROM ${quoteName(table)}`;
  const query = [count, `${count} NOT INDEXED`].find((sql) => database.findProblem(sql) === undefined);
  const [row] = query === undefined ? [] : database.all<[bigint]>(query);
  return Number(row?.[0] ?? 0n);
}

/**
 * UTF-16 sorts by other bytes than UTF-8. RTRIM compares in UTF-8 whatever the encoding, and the length tells apart what differs in
 * spaces at its end alone.
 */
function orderBy(column: string, encoding: string): string[] {
  const name = quoteName(column);
  return encoding === 'UTF-8' ? [name] : [`${name} COLLATE RTRIM`, `octet_length(${name})`];
}

/** An INTEGER PRIMARY KEY is the rowid itself, unless SQLite gave it an index of its own (INTEGER PRIMARY KEY DESC). */
function findAlias(database: SnapshotDatabase, table: string, key: readonly ColumnRow[]): string | undefined {
  const [column, ...others] = key;
  if (column === undefined || others.length > 0 || column[1].toUpperCase() !== 'INTEGER') return undefined;
  const indexes = database.all(`SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'`, table);
  return indexes.length === 0 ? quoteName(column[0]) : undefined;
}

/** The rowid has three names; a column of the same name hides one. */
function findHiddenRowid(columns: readonly SourceColumn[]): string | undefined {
  const taken = new Set(columns.map((column) => column.name.toLowerCase()));
  return rowidNames.find((rowid) => !taken.has(rowid));
}
