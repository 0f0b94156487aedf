import { realScales } from '../real-scales.js';
import { RawText, type Cell } from '../source/cell.js';

export type Kind = 'N' | 'I' | 'F' | 'T' | 'B';

/** Bytes of a row of cells. */
export interface Slot {
  readonly start: number;
  readonly length: number;
}

/** Where the cells of a column stand in a row. */
export interface PackedColumn {
  readonly kinds: readonly Kind[];
  /** An integer, or where the bytes begin. */
  readonly value: Slot;
  /** How many bytes they are; of a float the power of two. */
  readonly size: Slot;
  /** Empty where all cells are of one kind. */
  readonly kind: Slot;
}

const kinds: readonly Kind[] = ['N', 'I', 'F', 'T', 'B'];
const [null_, integer, float, text, blob] = [0, 1, 2, 3, 4];

/** Room for the texts of most statements; used again, because packing ends before anything else begins. */
let scratch = Buffer.allocUnsafeSlow(1_048_576);
const mostKept = 4_194_304;
const space = 0x20;

/** Lays cells out as decimal digits, as wide as the longest of their column. */
export class PackedCells {
  readonly #columns: number;
  readonly #kinds: Uint8Array;
  readonly #sizes: Uint32Array;
  /** Beyond the safe integers as text. */
  readonly #values: (number | string)[] = [];
  #bytes = scratch;
  /** SQLite takes an empty parameter for NULL. */
  #end = 1;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#kinds = new Uint8Array(columns * rows);
    this.#sizes = new Uint32Array(columns * rows);
    this.#bytes[0] = 0;
  }

  /** Adds the next cell, row by row. @returns false when it cannot travel so */
  add(cell: Cell): boolean {
    if (typeof cell === 'string') this.#push(text, this.#end + 1, this.#write(cell));
    else if (cell === null) this.#push(null_, 0, 0);
    else if (typeof cell === 'bigint') this.#push(integer, toSafe(cell), 0);
    else if (typeof cell === 'number') return this.#addFloat(cell);
    else if (cell instanceof RawText) this.#push(text, this.#end + 1, this.#set(cell.bytes));
    else this.#push(blob, this.#end + 1, this.#set(cell));
    return true;
  }

  /** The buffers hold until the next cells are packed. */
  finish(): { columns: PackedColumn[]; rowWidth: number; cells: Buffer; bytes: Buffer } {
    let rowWidth = 0;
    const take = (length: number): Slot => ({ start: (rowWidth += length) - length, length });
    const columns = Array.from({ length: this.#columns }, (_, column): PackedColumn => {
      let [value, size, seen] = [0, 0, 0];
      for (let at = column; at < this.#values.length; at += this.#columns) {
        value = Math.max(value, countDigits(this.#values[at] ?? 0));
        size = Math.max(size, this.#sizes[at] ?? 0);
        seen |= 1 << (this.#kinds[at] ?? null_);
      }
      const found = kinds.filter((_, kind) => (seen & (1 << kind)) !== 0);
      const isSized = (seen & ~((1 << null_) | (1 << integer))) !== 0;
      return {
        kinds: found,
        value: take(seen === 1 << null_ ? 0 : value),
        size: take(isSized ? countDigits(size) : 0),
        kind: take(found.length > 1 ? 1 : 0),
      };
    });
    const cells = Buffer.alloc((this.#values.length / this.#columns) * rowWidth, space);
    for (let at = 0, row = 0; at < this.#values.length; row += rowWidth)
      for (const { value, size, kind } of columns) {
        if (value.length > 0) writeNumber(cells, row + value.start + value.length, this.#values[at] ?? 0);
        if (size.length > 0) writeNumber(cells, row + size.start + size.length, this.#sizes[at] ?? 0);
        if (kind.length > 0) cells[row + kind.start] = kinds[this.#kinds[at] ?? null_]?.charCodeAt(0) ?? 0;
        at++;
      }
    return { columns, rowWidth, cells, bytes: this.#bytes.subarray(0, this.#end) };
  }

  #push(kind: number, value: number | string, size: number): void {
    const at = this.#values.push(value) - 1;
    this.#kinds[at] = kind;
    this.#sizes[at] = size;
  }

  #addFloat(cell: number): boolean {
    // negative zero has no integer
    if (cell === 0) return Object.is(cell, 0) && (this.#push(float, 0, 0), true);
    const magnitude = Math.abs(cell);
    const scale = realScales.find((power) => magnitude >= 2 ** (53 - power));
    if (scale === undefined || magnitude >= 2 ** 62) return false;
    this.#push(float, toSafe(BigInt(cell * 2 ** scale)), scale);
    return true;
  }

  #write(value: string): number {
    this.#reserve(3 * value.length);
    const written = this.#bytes.write(value, this.#end);
    this.#end += written;
    return written;
  }

  #set(value: Uint8Array): number {
    this.#reserve(value.byteLength);
    this.#bytes.set(value, this.#end);
    this.#end += value.byteLength;
    return value.byteLength;
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#bytes.byteLength) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.byteLength, this.#end + more));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
    if (grown.byteLength <= mostKept) scratch = grown;
  }
}

function toSafe(value: bigint): number | string {
  const near = Number(value);
  return Number.isSafeInteger(near) ? near : String(value);
}

function countDigits(value: number | string): number {
  if (typeof value === 'string') return value.length;
  let digits = value < 0 ? 2 : 1;
  for (let power = 10, size = Math.abs(value); power <= size; power *= 10) digits++;
  return digits;
}

/** Decimal digits that end at a place. */
function writeNumber(buffer: Buffer, end: number, value: number | string): void {
  if (typeof value === 'string') {
    buffer.write(value, end - value.length, 'latin1');
    return;
  }
  let place = end - 1;
  let rest = Math.abs(value);
  for (; rest >= 10; place--) {
    const tens = Math.floor(rest / 10);
    // in this order: beyond 2^53 - 48 the sum would be rounded
    buffer[place] = 0x30 + (rest - tens * 10);
    rest = tens;
  }
  buffer[place] = 0x30 + rest;
  if (value < 0) buffer[place - 1] = 0x2d;
}
