import { createHash, type Hash } from 'node:crypto';
import { RawText, type Cell } from '../source/cell.js';

/** Bytes that are gathered before they are hashed. */
const gathered = 65_536;

/** Of digests that are finished: some are over a single row. */
const spare: Buffer<ArrayBuffer>[] = [];
const mostSpare = 4;

/** Longest text that is gathered: it may take three bytes a letter, behind its length. */
const longestText = 16_384;

/**
 * Hashes a result exactly as `sha3_query(sql, 256)` does: the text of the query, then each row with the storage class and the bytes of
 * every value. https://sqlite.org/src/file?name=ext/misc/shathree.c
 */
export class RowDigest {
  readonly #hash: Hash = createHash('sha3-256');
  readonly #buffer = spare.pop() ?? Buffer.allocUnsafeSlow(gathered);
  readonly #view = new DataView(this.#buffer.buffer);
  #end = 0;
  /** Of what is hashed already; the text of the query does not count. */
  #hashed = 0;

  constructor(sql: string) {
    this.#addBytes('S', Buffer.from(sql));
    this.#hashed -= this.size;
  }

  /** Bytes of the rows so far, with what the digest puts around each value. */
  get size(): number {
    return this.#hashed + this.#end;
  }

  addRow(row: readonly Cell[]): void {
    this.#reserve(1);
    this.#buffer[this.#end++] = 0x52;
    for (const cell of row) this.#addCell(cell);
  }

  /** Upper-case hexadecimal, as SQLite's `hex()`. The digest cannot be used afterwards. */
  finish(): string {
    this.#flush();
    if (spare.length < mostSpare) spare.push(this.#buffer);
    return this.#hash.digest('hex').toUpperCase();
  }

  #addCell(cell: Cell): void {
    if (typeof cell === 'string') return this.#addText(cell);
    if (cell instanceof RawText) return this.#addBytes('T', cell.bytes);
    if (cell instanceof Uint8Array) return this.#addBytes('B', cell);
    this.#reserve(9);
    if (cell === null) {
      this.#buffer[this.#end++] = 0x4e;
      return;
    }
    const isInteger = typeof cell === 'bigint';
    this.#buffer[this.#end] = isInteger ? 0x49 : 0x46;
    if (isInteger) this.#view.setBigInt64(this.#end + 1, cell);
    else this.#view.setFloat64(this.#end + 1, cell);
    this.#end += 9;
  }

  /** Most texts have as many bytes as letters: only of the others the length is written twice. */
  #addText(text: string): void {
    if (text.length > longestText) return this.#addBytes('T', Buffer.from(text));
    this.#reserve(3 * text.length + 12);
    const start = this.#end;
    this.#addMark('T', text.length);
    const written = this.#buffer.write(text, this.#end);
    if (written === text.length) this.#end += written;
    else {
      this.#end = start;
      this.#addMark('T', written);
      this.#end += this.#buffer.write(text, this.#end);
    }
  }

  #addBytes(mark: 'S' | 'T' | 'B', bytes: Uint8Array): void {
    this.#reserve(12);
    this.#addMark(mark, bytes.byteLength);
    if (bytes.byteLength > gathered - this.#end) this.#flush();
    if (bytes.byteLength > gathered) {
      this.#hash.update(bytes);
      this.#hashed += bytes.byteLength;
    } else {
      this.#buffer.set(bytes, this.#end);
      this.#end += bytes.byteLength;
    }
  }

  #addMark(mark: 'S' | 'T' | 'B', length: number): void {
    this.#buffer[this.#end++] = mark.charCodeAt(0);
    this.#end += this.#buffer.write(String(length), this.#end, 'latin1');
    this.#buffer[this.#end++] = 0x3a;
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes > gathered) this.#flush();
  }

  #flush(): void {
    this.#hash.update(this.#buffer.subarray(0, this.#end));
    this.#hashed += this.#end;
    this.#end = 0;
  }
}
