import type { IntMode, ResultSet, Value } from '@libsql/core/api';
import { toIntMode } from '../../contract/integers.js';
import { StatementResult } from '../../contract/result-set.js';
import { createRowFactory, type RowFactory } from '../../contract/row.js';
import type { Statement } from '../../contract/statement.js';
import type { SqlValue } from '../../contract/value.js';
import type { Outcome } from '../../errors/database-error.js';
import { checkArgs } from '../../sql/check-args.js';
import { firstKeyword } from '../../sql/classify-sql.js';
import { readParameters } from '../../sql/read-parameters.js';
import { TextCache } from '../../sql/text-cache.js';
import type { HranaStatement, HranaStatementResult, HranaValue } from './hrana-protocol.js';

/** The rows of a statement that runs again are made by the same constructor. */
interface ResultShape {
  readonly columns: readonly string[];
  readonly createRow: RowFactory;
}

/** A longer text is mostly one that never comes again. */
const longestText = 8_192;
const shapes = new TextCache<ResultShape>(500);

type Counts = Pick<ResultSet, 'rowsAffected' | 'lastInsertRowid'>;

/**
 * Encodes a statement with its arguments.
 * @throws DatabaseError `ARGS_INVALID`
 */
export function encodeStatement({ sql, args }: Statement): HranaStatement {
  checkArgs(readParameters(sql), args);
  if (!(args instanceof Map))
    return { sql, args: (args as readonly SqlValue[]).map(encodeValue), want_rows: true };
  const named = [...(args as ReadonlyMap<string, SqlValue>)];
  return {
    sql,
    named_args: named.map(([name, value]) => ({ name, value: encodeValue(value) })),
    want_rows: true,
  };
}

/**
 * Decodes the result of a statement.
 * @throws IntegerRangeError for an integer that `intMode` cannot hold
 */
export function decodeResult(result: HranaStatementResult, sql: string, intMode: IntMode): ResultSet {
  const columns = result.cols.map((column) => column.name ?? '');
  const columnTypes = result.cols.map((column) => column.decltype ?? '');
  const createRow = findRowFactory(sql, columns);
  const counts = readCounts(result, firstKeyword(sql));
  const outcome: Outcome = counts.rowsAffected > 0 ? 'applied' : 'not-applied';
  const rows = result.rows.map((values) =>
    createRow(values.map((value) => decodeValue(value, intMode, outcome))),
  );
  return new StatementResult({ columns, columnTypes, rows, ...counts });
}

/** Columns are compared: the table may have changed, and another server may have another one. */
function findRowFactory(sql: string, columns: readonly string[]): RowFactory {
  const known = shapes.get(sql);
  const isSame =
    known?.columns.length === columns.length && known.columns.every((name, index) => name === columns[index]);
  if (isSame) return known.createRow;
  // a copy: the caller may change those of his result
  const own = [...columns];
  const createRow = createRowFactory(own);
  if (own.length > 0 && sql.length <= longestText) shapes.set(sql, { columns: own, createRow });
  return createRow;
}

/** The server repeats the stream's last rowid: only a statement that inserted may answer it. */
function readCounts(result: HranaStatementResult, keyword: string): Counts {
  const rowsAffected = result.affected_row_count;
  const inserts = keyword === 'INSERT' || keyword === 'REPLACE' || (keyword === 'WITH' && rowsAffected > 0);
  if (keyword === 'UPDATE' || keyword === 'DELETE') return { rowsAffected, lastInsertRowid: undefined };
  if (!inserts) return { rowsAffected: 0, lastInsertRowid: undefined };
  return { rowsAffected, lastInsertRowid: rowsAffected > 0 ? BigInt(result.last_insert_rowid ?? 0) : 0n };
}

function encodeValue(value: SqlValue): HranaValue {
  if (value === null) return { type: 'null' };
  if (typeof value === 'string') return { type: 'text', value };
  if (typeof value === 'bigint') return { type: 'integer', value: String(value) };
  if (typeof value === 'number') return { type: 'float', value };
  return {
    type: 'blob',
    base64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'),
  };
}

/** @throws IntegerRangeError for an integer that `intMode` cannot hold */
export function decodeValue(value: HranaValue, intMode: IntMode, outcome: Outcome): Value {
  switch (value.type) {
    case 'null':
      return null;
    case 'integer':
      return toIntMode(BigInt(value.value), intMode, outcome);
    case 'float':
    case 'text':
      return value.value;
    case 'blob':
      return decodeBlob(value.base64);
  }
}

function decodeBlob(base64: string): ArrayBuffer {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}
