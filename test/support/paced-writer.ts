import type { Socket } from 'node:net';
// Not the globals: a test's fake timers must not stop the proxy.
import { setTimeout } from 'node:timers';

/** Writes to a socket in order, each piece not before its time. */
export class PacedWriter {
  readonly #socket: Socket;
  #queue: { piece: Buffer | 'end'; due: number }[] = [];
  #isWaiting = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  write(chunk: Buffer, delayMs = 0, source?: Socket): void {
    this.#push(chunk, performance.now() + delayMs);
    if (!this.#socket.writableNeedDrain || !source) return;
    source.pause();
    this.#socket.once('drain', () => source.resume());
  }

  drip(chunk: Buffer, bytes: number, everyMs: number): void {
    for (let start = 0; start < chunk.length; start += bytes) {
      const previous = this.#queue.at(-1)?.due ?? performance.now();
      this.#push(chunk.subarray(start, start + bytes), previous + everyMs);
    }
  }

  end(): void {
    this.#push('end', this.#queue.at(-1)?.due ?? 0);
  }

  #push(piece: Buffer | 'end', due: number): void {
    this.#queue.push({ piece, due });
    if (!this.#isWaiting) this.#flush();
  }

  #flush(): void {
    this.#isWaiting = false;
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      const waitMs = next.due - performance.now();
      if (waitMs > 0) {
        this.#isWaiting = true;
        setTimeout(() => this.#flush(), Math.ceil(waitMs)).unref();
        return;
      }
      this.#queue.shift();
      if (!this.#socket.writable) continue;
      if (next.piece === 'end') this.#socket.end();
      else this.#socket.write(next.piece);
    }
  }
}
