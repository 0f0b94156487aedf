import type { IntMode, ResultSet, Value } from '@libsql/core/api';
import { toIntMode } from '../../contract/integers.js';
import { StatementResult } from '../../contract/result-set.js';
import { createRowFactory } from '../../contract/row.js';
import type { Statement } from '../../contract/statement.js';
import type { SqlValue } from '../../contract/value.js';
import type { Outcome } from '../../errors/database-error.js';
import { firstKeyword } from '../../sql/classify-sql.js';
import type { HranaStatement, HranaStatementResult, HranaValue } from './hrana-protocol.js';

/** Encodes a statement with its arguments. */
export function encodeStatement({ sql, args }: Statement): HranaStatement {
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
  const createRow = createRowFactory(columns);
  const keyword = firstKeyword(sql);
  const inserts = keyword === 'INSERT' || keyword === 'REPLACE';
  const changes =
    inserts ||
    keyword === 'UPDATE' ||
    keyword === 'DELETE' ||
    (keyword === 'WITH' && result.affected_row_count > 0);
  const outcome: Outcome = changes ? 'applied' : 'not-applied';
  const rows = result.rows.map((values) =>
    createRow(values.map((value) => decodeValue(value, intMode, outcome))),
  );
  return new StatementResult({
    columns,
    columnTypes,
    rows,
    rowsAffected: changes ? result.affected_row_count : 0,
    lastInsertRowid: changes ? readRowid(result, inserts || keyword === 'WITH') : undefined,
  });
}

/** The server repeats the stream's last rowid: only a statement that inserted may answer it. */
function readRowid(result: HranaStatementResult, inserts: boolean): bigint {
  return inserts && result.affected_row_count > 0 && result.last_insert_rowid !== null
    ? BigInt(result.last_insert_rowid)
    : 0n;
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

function decodeValue(value: HranaValue, intMode: IntMode, outcome: Outcome): Value {
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
