import type { Cell } from '../source/cell.js';
import { sizeOfCell } from '../target/encode-cell.js';

/** Bounds of a request. A statement takes a half of it. */
const maxRows = 4_000;
const maxBytes = 2_000_000;

/** Rows of one request. */
export interface RowChunk {
  readonly rows: readonly (readonly Cell[])[];
  /** A row that was read and did not fit. */
  readonly next: readonly Cell[] | undefined;
}

/** About what a row takes in a request, in bytes. */
export function sizeOfRow(row: readonly Cell[]): number {
  let bytes = 0;
  for (const cell of row) bytes += sizeOfCell(cell);
  return bytes;
}

/**
 * Gathers the rows of one request, one at least. The same rows make the same requests.
 * @returns fewer than the bounds allow only at the end
 */
export function takeChunk(rows: Iterator<readonly Cell[]>, held: readonly Cell[] | undefined): RowChunk {
  const chunk = held === undefined ? [] : [held];
  let bytes = held === undefined ? 0 : sizeOfRow(held);
  while (chunk.length < maxRows && bytes < maxBytes) {
    const next = rows.next();
    if (next.done === true) break;
    const size = sizeOfRow(next.value);
    // a long row waits for the next request rather than doubling this one
    if (chunk.length > 0 && bytes + size > maxBytes) return { rows: chunk, next: next.value };
    chunk.push(next.value);
    bytes += size;
  }
  return { rows: chunk, next: undefined };
}
