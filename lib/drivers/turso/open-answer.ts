import type { ClientRequest, IncomingMessage } from 'node:http';
import { createDeadline, type Deadline } from '../../async/deadline.js';
import { watchDeadline } from '../../async/watch-deadline.js';
import { TransportError } from './transport-error.js';

/** What a server replied. */
export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A reply, whole. */
export interface HttpAnswer extends HttpReply {
  /** Length of the body in bytes. */
  readonly bytes: number;
}

const newline = 0x0a;

/** An answer that has begun. Its body comes piece by piece, as fast as it is taken. Destroy it at the end. */
export class OpenAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly #request: ClientRequest;
  readonly #response: IncomingMessage;

  constructor(request: ClientRequest, response: IncomingMessage) {
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    this.#request = request;
    this.#response = response;
    response.on('error', () => undefined);
  }

  /**
   * The lines of the body, whole, as many at a time as have arrived.
   * @param deadline its length bounds each wait for whole lines, however long all of them take
   * @throws TransportError
   */
  async *lines({ timeoutMs, signal }: Deadline): AsyncGenerator<string[], void, undefined> {
    let rest: Buffer[] = [];
    let wait = createDeadline(timeoutMs, signal);
    for await (const piece of this.#pieces(() => wait)) {
      const end = piece.lastIndexOf(newline);
      if (end < 0) {
        rest.push(piece);
        continue;
      }
      const text = Buffer.concat([...rest, piece.subarray(0, end)]).toString('utf8');
      rest = [piece.subarray(end + 1)];
      yield text.split('\n');
      wait = createDeadline(timeoutMs, signal);
    }
    const last = Buffer.concat(rest).toString('utf8');
    if (last !== '') yield [last];
  }

  /** The whole body within the deadline, of an answer that is short. @throws TransportError */
  async text(deadline: Deadline): Promise<string> {
    const pieces: Buffer[] = [];
    for await (const piece of this.#pieces(() => deadline)) pieces.push(piece);
    return Buffer.concat(pieces).toString('utf8');
  }

  /** Cuts what has not come yet. */
  destroy(): void {
    // whole, but not taken to its end, it would keep its socket
    if (!this.#response.readableEnded) this.#request.destroy();
  }

  async *#pieces(current: () => Deadline): AsyncGenerator<Buffer, void, undefined> {
    const pieces = this.#response[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (;;) {
      const next = await waitFor(pieces.next(), current());
      if (next.done === true) break;
      yield next.value;
    }
    if (!this.#response.complete)
      throw new TransportError('network', true, new Error('the answer was cut off'));
  }
}

function waitFor<T>(next: Promise<T>, deadline: Deadline): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopWatching = watchDeadline(
      deadline,
      () => reject(new TransportError('timeout', true, undefined, deadline.timeoutMs)),
      (reason) => reject(new TransportError('aborted', true, reason)),
    );
    next
      .then(resolve, (error: unknown) => reject(new TransportError('network', true, error)))
      .finally(stopWatching)
      .catch(reject);
  });
}
