import type { IntMode, ResultSet, Row, Value } from '@libsql/core/api';
import { toIntMode } from '../../contract/integers.js';
import { StatementResult } from '../../contract/result-set.js';
import { createRowFactory } from '../../contract/row.js';
import type { Statement } from '../../contract/statement.js';
import type { Outcome } from '../../errors/database-error.js';
import { bindArgs } from './bind-args.js';
import { toSqliteError } from './sqlite-errors.js';
import type { Prepared, ResultShape, SqliteHandle } from './sqlite-handle.js';

/** A prepared statement, and its arguments in better-sqlite3's form. */
export interface BoundStatement {
  readonly entry: Prepared;
  readonly args: unknown[];
}

/**
 * Runs one statement on a handle, at once.
 * @throws DatabaseError, or IntegerRangeError for an integer that `intMode` cannot hold
 */
export function runStatement(handle: SqliteHandle, { sql, args }: Statement, intMode: IntMode): ResultSet {
  try {
    const entry = handle.prepare(sql);
    return runBound({ entry, args: bindArgs(entry.parameters, args) }, intMode);
  } catch (error) {
    throw toSqliteError(error);
  }
}

/** The same with a statement that is prepared, and arguments in better-sqlite3's form. */
export function runBound({ entry, args }: BoundStatement, intMode: IntMode): ResultSet {
  try {
    return entry.readsOnly ? readRows(entry, args, intMode) : runOther(entry, args, intMode);
  } catch (error) {
    entry.handle.forgetAll();
    throw toSqliteError(error);
  }
}

function runOther(entry: Prepared, args: unknown[], intMode: IntMode): ResultSet {
  const { prepared, found, handle } = entry;
  if (!prepared.readonly && mayInsert(entry)) handle.lastRowid.prepareFor(entry.plainInsert, args);
  const result = prepared.reader ? readRows(entry, args, intMode) : runWrite(entry, args);
  if (found !== 'query' && found !== 'change') handle.forgetSchema();
  return result;
}

function readRows(entry: Prepared, args: unknown[], intMode: IntMode): ResultSet {
  const { prepared, handle } = entry;
  if (intMode !== 'number') handle.readExactly(entry);
  const rows = prepared.all(...args) as Value[][];
  // after the run: SQLite prepares anew by itself when the schema has changed
  const shape = shapeOf(entry);
  const outcome: Outcome = prepared.readonly ? 'not-applied' : 'applied';
  if (!replaceValues(rows, entry.exact, intMode, outcome)) {
    handle.readExactly(entry);
    return readRows(entry, args, intMode);
  }
  const { rowsAffected, lastInsertRowid } = prepared.readonly ? noCounts : countRows(entry, args);
  // copies: the caller may change those of his result
  const columns = shape.columns.slice();
  const columnTypes = shape.columnTypes.slice();
  return new StatementResult({
    columns,
    columnTypes,
    rows: replaceByRows(rows, shape),
    rowsAffected,
    lastInsertRowid,
  });
}

/** The shape of the result before, unless the schema may have changed since. */
function shapeOf(entry: Prepared): ResultShape {
  const { prepared, shape: last, handle } = entry;
  const schema = entry.namesColumns ? handle.schemaInTurn : handle.schema;
  if (last?.schema === schema) return last;
  const described = prepared.columns();
  const columns = described.map(({ name }) => name);
  const isSame =
    last?.columns.length === columns.length && last.columns.every((name, index) => name === columns[index]);
  return (entry.shape = {
    columns,
    columnTypes: described.map(({ type }) => type ?? ''),
    createRow: isSame ? last.createRow : createRowFactory(columns),
    schema,
  });
}

/**
 * Puts libSQL's values in the place of better-sqlite3's.
 * @returns false when a number may be an integer that was rounded
 */
function replaceValues(rows: unknown[][], exact: boolean, intMode: IntMode, outcome: Outcome): boolean {
  for (const values of rows) {
    for (let index = 0; index < values.length; index++) {
      const value = values[index];
      if (typeof value === 'string' || value === null) continue;
      if (typeof value !== 'number') values[index] = toValue(value, intMode, outcome);
      else if (!exact && (value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER)) return false;
    }
  }
  return true;
}

/** @throws IntegerRangeError for an integer that `intMode` cannot hold */
export function toValue(value: unknown, intMode: IntMode, outcome: Outcome): Value {
  if (typeof value === 'bigint') return toIntMode(value, intMode, outcome);
  return value instanceof Uint8Array ? toArrayBuffer(value) : (value as Value);
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.byteLength === bytes.buffer.byteLength
    ? (bytes.buffer as ArrayBuffer)
    : (bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
}

/** In the list itself: a second one would cost as much as the rows. */
function replaceByRows(lists: Value[][], { createRow }: ResultShape): Row[] {
  const rows = lists as (Value[] | Row)[];
  for (let index = 0; index < rows.length; index++) rows[index] = createRow(rows[index] as Value[]);
  return rows as Row[];
}

function runWrite(entry: Prepared, args: unknown[]): ResultSet {
  const { changes, lastInsertRowid: last } = entry.prepared.run(...args);
  const rowid = entry.handle.lastRowid.read(entry.plainInsert, args, changes, BigInt(last));
  const { rowsAffected, lastInsertRowid } = toCounts(entry, changes, rowid);
  return new StatementResult({ columns: [], columnTypes: [], rows: [], rowsAffected, lastInsertRowid });
}

function countRows(entry: Prepared, args: unknown[]): Counts {
  const { handle } = entry;
  const [changes, rowid] = handle.readCounts();
  return toCounts(entry, changes, handle.lastRowid.read(entry.plainInsert, args, changes, rowid));
}

/** The result of a write on a thread, with the counts that the same statement answers here. */
export function withCounts(entry: Prepared, result: StatementResult): StatementResult {
  const { columns, columnTypes, rows, rowsAffected, lastInsertRowid = 0n } = result;
  return new StatementResult({
    columns,
    columnTypes,
    rows,
    ...toCounts(entry, rowsAffected, lastInsertRowid),
  });
}

interface Counts {
  readonly rowsAffected: number;
  readonly lastInsertRowid: bigint | undefined;
}

const noCounts: Counts = { rowsAffected: 0, lastInsertRowid: undefined };

function toCounts(entry: Prepared, rowsAffected: number, rowid: bigint): Counts {
  if (mayInsert(entry)) return { rowsAffected, lastInsertRowid: rowid };
  return entry.found === 'change' ? { rowsAffected, lastInsertRowid: undefined } : noCounts;
}

function mayInsert({ keyword }: Prepared): boolean {
  return keyword === 'INSERT' || keyword === 'REPLACE' || keyword === 'WITH';
}
