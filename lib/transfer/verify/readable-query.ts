import { isUtf8 } from 'node:buffer';
import type { HranaStatement, HranaValue } from '../../drivers/turso/hrana-protocol.js';
import { RawText, type Cell } from '../source/cell.js';

/** Columns whose storage classes share one text. A longer chain would be nested deeper than SQLite allows. */
const columnsPerMask = 100;

/** Columns of a readable query for so many expressions. */
export function countReadable(expressions: number): number {
  return expressions + Math.ceil(expressions / columnsPerMask);
}

/** The same query for the same rows, in a form that the protocol carries without loss: read it with `toCells`. */
export function toReadable(sql: string, expressions: readonly string[]): HranaStatement {
  const from = sql.slice(`SELECT ${expressions.join(', ')}`.length);
  const masks: string[] = [];
  for (let at = 0; at < expressions.length; at += columnsPerMask) {
    const some = expressions.slice(at, at + columnsPerMask);
    masks.push(`'' || ${some.map((name) => `(typeof(${name}) = 'text')`).join(' || ')}`);
  }
  return {
    sql: `SELECT ${[...masks, ...expressions.map(toReadableValue)].join(', ')}${from}`,
    want_rows: true,
  };
}

/** Text as bytes, infinities as text. */
function toReadableValue(name: string): string {
  return `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) WHEN 'real' THEN CASE ${name} WHEN 9e999 THEN '+' WHEN -9e999 THEN '-' ELSE ${name} END ELSE ${name} END`;
}

/** The values of a row of a readable query. */
export function toCells(row: readonly HranaValue[]): Cell[] {
  const masks = Math.ceil(row.length / (columnsPerMask + 1));
  const cells: Cell[] = [];
  for (let at = masks; at < row.length; at++) {
    const value = row[at] as HranaValue;
    cells.push(value.type === 'blob' ? toBytes(value.base64, isText(row, at - masks)) : toPlainCell(value));
  }
  return cells;
}

function isText(row: readonly HranaValue[], index: number): boolean {
  const mask = row[Math.floor(index / columnsPerMask)];
  return mask?.type === 'text' && mask.value[index % columnsPerMask] === '1';
}

function toPlainCell(value: Exclude<HranaValue, { type: 'blob' }>): Cell {
  switch (value.type) {
    case 'null':
      return null;
    case 'integer':
      return BigInt(value.value);
    case 'float':
      return value.value;
    case 'text':
      return value.value === '+' ? Infinity : -Infinity;
  }
}

function toBytes(base64: string, isText: boolean): Cell {
  const bytes = Buffer.from(base64, 'base64');
  if (!isText) return bytes;
  return isUtf8(bytes) ? bytes.toString() : new RawText(bytes);
}
