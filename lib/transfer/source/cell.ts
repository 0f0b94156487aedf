/** Text whose bytes are no valid UTF-8, kept as they are. */
export class RawText {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** A stored value. The JavaScript type names the storage class: `bigint` is INTEGER, `number` REAL, `string` TEXT, bytes BLOB. */
export type Cell = null | bigint | number | string | Uint8Array | RawText;

/** What happens to text that is no valid UTF-8. */
export type InvalidTextPolicy = 'stop' | 'blob' | 'replace' | 'keep';
