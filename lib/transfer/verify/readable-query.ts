import { isUtf8 } from 'node:buffer';
import type { HranaStatement, HranaValue } from '../../drivers/turso/hrana-protocol.js';
import { RawText, type Cell } from '../source/cell.js';

/** The same query for the same rows, in a form that the protocol carries without loss: read it with `toCells`. */
export function toReadable(sql: string, expressions: readonly string[]): HranaStatement {
  const from = sql.slice(`SELECT ${expressions.join(', ')}`.length);
  return { sql: `SELECT ${expressions.flatMap(toReadableValue).join(', ')}${from}`, want_rows: true };
}

/** The storage class, and the value: text as bytes, infinities as text. */
function toReadableValue(name: string): [string, string] {
  const value = `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) WHEN 'real' THEN CASE ${name} WHEN 9e999 THEN '+' WHEN -9e999 THEN '-' ELSE ${name} END ELSE ${name} END`;
  return [`typeof(${name})`, value];
}

/** The values of a row of a readable query. */
export function toCells(row: readonly HranaValue[]): Cell[] {
  return Array.from({ length: row.length / 2 }, (_, index) => toCell(row[index * 2], row[index * 2 + 1]));
}

function toCell(type: HranaValue | undefined, value: HranaValue | undefined): Cell {
  if (value === undefined || value.type === 'null') return null;
  switch (value.type) {
    case 'integer':
      return BigInt(value.value);
    case 'float':
      return value.value;
    case 'text':
      return value.value === '+' ? Infinity : -Infinity;
    case 'blob': {
      const bytes = Buffer.from(value.base64, 'base64');
      if (type?.type !== 'text' || type.value !== 'text') return bytes;
      return isUtf8(bytes) ? bytes.toString() : new RawText(bytes);
    }
  }
}
