import { createHash, type Hash } from 'node:crypto';
import { RawText, type Cell } from '../source/cell.js';

const flushAt = 65_536;

/**
 * Hashes a result exactly as `sha3_query(sql, 256)` does: the text of the query, then each row with the storage class and the bytes of
 * every value. https://sqlite.org/src/file?name=ext/misc/shathree.c
 */
export class RowDigest {
  readonly #hash: Hash = createHash('sha3-256');
  #parts: Uint8Array[] = [];
  #bytes = 0;
  /** Of what is hashed already; the text of the query does not count. */
  #hashed = 0;

  constructor(sql: string) {
    const text = Buffer.from(sql);
    this.#add(Buffer.from(`S${text.length}:`));
    this.#add(text);
    this.#hashed = -this.#bytes;
  }

  /** Bytes of the rows so far, with what the digest puts around each value. */
  get size(): number {
    return this.#hashed + this.#bytes;
  }

  addRow(row: readonly Cell[]): void {
    this.#add(rowMark);
    for (const cell of row) this.#addCell(cell);
  }

  /** Upper-case hexadecimal, as SQLite's `hex()`. The digest cannot be used afterwards. */
  finish(): string {
    this.#flush();
    return this.#hash.digest('hex').toUpperCase();
  }

  #addCell(cell: Cell): void {
    if (cell === null) return this.#add(nullMark);
    if (typeof cell === 'bigint') {
      const bytes = Buffer.allocUnsafe(9);
      bytes[0] = 0x49;
      bytes.writeBigInt64BE(cell, 1);
      return this.#add(bytes);
    }
    if (typeof cell === 'number') {
      const bytes = Buffer.allocUnsafe(9);
      bytes[0] = 0x46;
      bytes.writeDoubleBE(cell, 1);
      return this.#add(bytes);
    }
    if (typeof cell === 'string') return this.#addBytes('T', Buffer.from(cell));
    if (cell instanceof RawText) return this.#addBytes('T', cell.bytes);
    return this.#addBytes('B', cell);
  }

  #addBytes(mark: 'T' | 'B', bytes: Uint8Array): void {
    this.#add(Buffer.from(`${mark}${bytes.byteLength}:`));
    this.#add(bytes);
  }

  #add(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#bytes += bytes.byteLength;
    if (this.#bytes >= flushAt) this.#flush();
  }

  #flush(): void {
    this.#hash.update(Buffer.concat(this.#parts));
    this.#parts = [];
    this.#hashed += this.#bytes;
    this.#bytes = 0;
  }
}

const rowMark = Buffer.from('R');
const nullMark = Buffer.from('N');
