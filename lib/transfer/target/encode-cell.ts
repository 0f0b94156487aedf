import type { HranaValue } from '../../drivers/turso/hrana-protocol.js';
import { RawText, type Cell } from '../source/cell.js';

/** How a value stands in a statement: a parameter, or SQL where the protocol cannot carry it. */
export interface EncodedCell {
  readonly sql: string;
  readonly value: HranaValue | undefined;
  /** About what it takes in a request. */
  readonly bytes: number;
}

const nothing: EncodedCell = { sql: '?', value: { type: 'null' }, bytes: 4 };

/**
 * Encodes a value without loss. JSON has neither infinities nor, as Node writes it, a negative zero; and text whose bytes are no
 * UTF-8 travels as bytes.
 */
export function encodeCell(cell: Cell): EncodedCell {
  if (cell === null) return nothing;
  if (typeof cell === 'bigint')
    return { sql: '?', value: { type: 'integer', value: String(cell) }, bytes: 20 };
  if (typeof cell === 'number') return encodeFloat(cell);
  if (typeof cell === 'string') return { sql: '?', value: { type: 'text', value: cell }, bytes: cell.length };
  if (cell instanceof RawText) return { ...encodeBytes(cell.bytes), sql: 'CAST(? AS TEXT)' };
  return encodeBytes(cell);
}

function encodeFloat(cell: number): EncodedCell {
  if (Object.is(cell, -0)) return { sql: '-0.0', value: undefined, bytes: 4 };
  if (Number.isFinite(cell)) return { sql: '?', value: { type: 'float', value: cell }, bytes: 20 };
  return { sql: cell > 0 ? '9e999' : '-9e999', value: undefined, bytes: 6 };
}

function encodeBytes(bytes: Uint8Array): EncodedCell {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const base64 = buffer.toString('base64');
  return { sql: '?', value: { type: 'blob', base64 }, bytes: base64.length };
}
