import type { HranaValue } from '../../drivers/turso/hrana-protocol.js';
import { RawText, type Cell } from '../source/cell.js';

/** How a value stands in a statement: a parameter, or SQL where the protocol cannot carry it. */
export interface EncodedCell {
  readonly sql: string;
  readonly value: HranaValue | undefined;
}

/** The SQL of a plain parameter. */
const parameter = '?';

const nothing: EncodedCell = { sql: parameter, value: { type: 'null' } };

/**
 * Encodes a value without loss. JSON has neither infinities nor, as Node writes it, a negative zero; and text whose bytes are no
 * UTF-8 travels as bytes.
 */
export function encodeCell(cell: Cell): EncodedCell {
  if (cell === null) return nothing;
  if (typeof cell === 'string') return { sql: parameter, value: { type: 'text', value: cell } };
  if (typeof cell === 'bigint') return { sql: parameter, value: { type: 'integer', value: String(cell) } };
  if (typeof cell === 'number') return encodeFloat(cell);
  if (cell instanceof RawText) return { sql: 'CAST(? AS TEXT)', value: encodeBytes(cell.bytes) };
  return { sql: parameter, value: encodeBytes(cell) };
}

/** About what a value takes in a request. */
export function sizeOfCell(cell: Cell): number {
  if (cell === null) return 4;
  if (typeof cell === 'string') return cell.length;
  if (typeof cell === 'bigint' || typeof cell === 'number') return 20;
  const { byteLength } = cell instanceof RawText ? cell.bytes : cell;
  return Math.ceil((byteLength * 4) / 3);
}

function encodeFloat(cell: number): EncodedCell {
  if (Object.is(cell, -0)) return { sql: '-0.0', value: undefined };
  if (Number.isFinite(cell)) return { sql: parameter, value: { type: 'float', value: cell } };
  return { sql: cell > 0 ? '9e999' : '-9e999', value: undefined };
}

function encodeBytes(bytes: Uint8Array): HranaValue {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { type: 'blob', base64: buffer.toString('base64') };
}
