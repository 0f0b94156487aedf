export interface RequestPart {
  chunk: Buffer;
  /** The first bytes of a request. */
  starts: boolean;
  /** The last bytes of a request. */
  ends: boolean;
}

/**
 * Cuts what a client sends over one HTTP/1.1 connection into requests. Anything else (TLS, HTTP/2, a WebSocket) is one
 * request that never ends.
 */
export class RequestReader {
  #phase: 'head' | 'sized body' | 'chunked body' | 'opaque' = 'head';
  #head: Buffer = Buffer.alloc(0);
  #left = 0;
  #sizeLine = '';
  #isLastChunk = false;

  get isOpaque(): boolean {
    return this.#phase === 'opaque';
  }

  *read(data: Buffer): Generator<RequestPart> {
    let rest = data;
    while (rest.length > 0) {
      const starts = this.#phase === 'head';
      const source = starts ? Buffer.concat([this.#head, rest]) : rest;
      const taken = this.#take(source);
      if (starts && taken === 0) {
        this.#head = source;
        return;
      }
      this.#head = Buffer.alloc(0);
      yield { chunk: source.subarray(0, taken), starts, ends: this.#phase === 'head' };
      rest = source.subarray(taken);
    }
  }

  /** How many of these bytes belong to the part that is being read; nothing while a head is incomplete. */
  #take(data: Buffer): number {
    if (this.#phase === 'head') return this.#takeHead(data);
    if (this.#phase === 'opaque') return data.length;
    return this.#phase === 'sized body' ? this.#takeSized(data) : this.#takeChunked(data);
  }

  #takeHead(data: Buffer): number {
    const looksLikeHttp1 = /^[A-Z]{1,10}(?: \/|.?$)/.test(data.toString('latin1', 0, 12));
    const end = data.indexOf('\r\n\r\n');
    if (looksLikeHttp1 && end < 0) return 0;
    const head = data.toString('latin1', 0, end + 2);
    if (!looksLikeHttp1 || /^upgrade:/im.test(head)) {
      this.#phase = 'opaque';
      return data.length;
    }
    this.#left = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    if (/^transfer-encoding: *chunked/im.test(head)) this.#phase = 'chunked body';
    else if (this.#left > 0) this.#phase = 'sized body';
    return end + 4;
  }

  #takeSized(data: Buffer): number {
    const taken = Math.min(this.#left, data.length);
    this.#left -= taken;
    if (this.#left === 0) this.#phase = 'head';
    return taken;
  }

  #takeChunked(data: Buffer): number {
    let position = 0;
    while (position < data.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, data.length - position);
        this.#left -= step;
        position += step;
        if (this.#left > 0 || !this.#isLastChunk) continue;
        this.#isLastChunk = false;
        this.#phase = 'head';
        return position;
      }
      const lineEnd = data.indexOf('\n', position);
      const next = lineEnd < 0 ? data.length : lineEnd + 1;
      this.#sizeLine += data.toString('latin1', position, next);
      position = next;
      if (lineEnd < 0) continue;
      const size = Number.parseInt(this.#sizeLine, 16);
      this.#sizeLine = '';
      this.#isLastChunk = size === 0;
      this.#left = size + 2;
    }
    return position;
  }
}
