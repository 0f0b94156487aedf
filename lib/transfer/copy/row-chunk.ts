import type { Cell } from '../source/cell.js';
import { encodeCell, type EncodedCell } from '../target/encode-cell.js';

/** A row as it travels. */
export interface EncodedRow {
  readonly cells: readonly EncodedCell[];
  readonly bytes: number;
}

/** Bounds of a request. A statement takes a quarter of it. */
const maxRows = 8_000;
const maxBytes = 4_000_000;

export function encodeRow(row: readonly Cell[]): EncodedRow {
  const cells = row.map(encodeCell);
  return { cells, bytes: cells.reduce((sum, cell) => sum + cell.bytes, 0) };
}

/**
 * Gathers the rows of one request, one at least.
 * @returns fewer than the bounds allow only at the end
 */
export function takeChunk(rows: Iterator<Cell[]>, held: EncodedRow | undefined): RowChunk {
  const chunk: EncodedRow[] = held === undefined ? [] : [held];
  let bytes = held?.bytes ?? 0;
  while (chunk.length < maxRows && bytes < maxBytes) {
    const next = rows.next();
    if (next.done === true) return { rows: chunk, next: undefined };
    const row = encodeRow(next.value);
    // a long row waits for the next request rather than doubling this one
    if (chunk.length > 0 && bytes + row.bytes > maxBytes) return { rows: chunk, next: row };
    chunk.push(row);
    bytes += row.bytes;
  }
  return { rows: chunk, next: undefined };
}

/** Rows of one request. */
export interface RowChunk {
  readonly rows: readonly EncodedRow[];
  /** A row that was read and did not fit. */
  readonly next: EncodedRow | undefined;
}
