import type { IntMode, ResultSet, Value } from '@libsql/core/api';
import { toIntMode } from '../../contract/integers.js';
import { StatementResult } from '../../contract/result-set.js';
import { createRowFactory } from '../../contract/row.js';
import type { Statement } from '../../contract/statement.js';
import type { Outcome } from '../../errors/database-error.js';
import { firstKeyword } from '../../sql/classify-sql.js';
import { bindArgs } from './bind-args.js';
import { toSqliteError } from './sqlite-errors.js';
import type { BetterStatement, Prepared, ResultShape, SqliteHandle } from './sqlite-handle.js';

/**
 * Runs one statement on a handle, at once.
 * @throws DatabaseError, or IntegerRangeError for an integer that `intMode` cannot hold
 */
export function runStatement(handle: SqliteHandle, statement: Statement, intMode: IntMode): ResultSet {
  try {
    const entry = handle.prepare(statement.sql);
    const { prepared, parameters } = entry;
    const args = bindArgs(parameters, statement.args);
    if (!prepared.readonly && mayInsert(firstKeyword(statement.sql))) handle.forgetRowid();
    return prepared.reader
      ? readRows(handle, entry, args, statement.sql, intMode)
      : runWrite(prepared, args, statement.sql);
  } catch (error) {
    throw toSqliteError(error);
  }
}

function readRows(
  handle: SqliteHandle,
  entry: Prepared,
  args: unknown[],
  sql: string,
  intMode: IntMode,
): ResultSet {
  const { prepared } = entry;
  const rawRows = prepared.all(...args) as unknown[][];
  // asked after the run: SQLite prepares anew by itself when the schema has changed
  const described = prepared.columns();
  const columns = described.map((column) => column.name);
  const { createRow } = (entry.shape = shapeOf(entry.shape, columns));
  const outcome: Outcome = prepared.readonly ? 'not-applied' : 'applied';
  const rows = rawRows.map((values) => createRow(values.map((value) => toValue(value, intMode, outcome))));
  const columnTypes = described.map((column) => column.type ?? '');
  const counts = prepared.readonly ? noCounts : readCounts(handle, sql);
  return new StatementResult({ columns, columnTypes, rows, ...counts });
}

/** The shape of the result before, unless the schema has changed since. */
function shapeOf(last: ResultShape | undefined, columns: readonly string[]): ResultShape {
  const isSame =
    last?.columns.length === columns.length && last.columns.every((name, index) => name === columns[index]);
  // a copy: the caller may change the columns of his result
  return isSame ? last : { columns: [...columns], createRow: createRowFactory([...columns]) };
}

function runWrite(prepared: BetterStatement, args: unknown[], sql: string): ResultSet {
  const info = prepared.run(...args);
  const counts = toCounts(sql, info.changes, BigInt(info.lastInsertRowid));
  return new StatementResult({ columns: [], columnTypes: [], rows: [], ...counts });
}

interface Counts {
  readonly rowsAffected: number;
  readonly lastInsertRowid: bigint | undefined;
}

const noCounts: Counts = { rowsAffected: 0, lastInsertRowid: undefined };

/** better-sqlite3 gives no counts for a statement that also returns rows; the handle still knows them. */
function readCounts(handle: SqliteHandle, sql: string): Counts {
  const [changes, rowid] = handle.prepare('SELECT changes(), last_insert_rowid()').prepared.get() as [
    bigint,
    bigint,
  ];
  return toCounts(sql, Number(changes), rowid);
}

function toCounts(sql: string, rowsAffected: number, rowid: bigint): Counts {
  const keyword = firstKeyword(sql);
  if (mayInsert(keyword)) return { rowsAffected, lastInsertRowid: rowid };
  return keyword === 'UPDATE' || keyword === 'DELETE'
    ? { rowsAffected, lastInsertRowid: undefined }
    : noCounts;
}

function mayInsert(keyword: string): boolean {
  return keyword === 'INSERT' || keyword === 'REPLACE' || keyword === 'WITH';
}

/** @throws IntegerRangeError for an integer that `intMode` cannot hold */
export function toValue(value: unknown, intMode: IntMode, outcome: Outcome): Value {
  if (typeof value === 'bigint') return toIntMode(value, intMode, outcome);
  if (value instanceof Uint8Array) return toArrayBuffer(value);
  return value as Value;
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.byteLength === bytes.buffer.byteLength
    ? (bytes.buffer as ArrayBuffer)
    : (bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
}
