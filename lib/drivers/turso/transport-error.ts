/** How a request failed below HTTP. */
export type TransportFailure = 'network' | 'timeout' | 'connect-timeout' | 'aborted';

/** A request without a whole answer. It stays inside this folder: `toRequestError` turns it into a `DatabaseError`. */
export class TransportError extends Error {
  readonly failure: TransportFailure;
  /** False: no byte of the request can have reached the server. */
  readonly sent: boolean;
  readonly timeoutMs: number | undefined;

  constructor(failure: TransportFailure, sent: boolean, cause?: unknown, timeoutMs?: number) {
    super(failure, { cause });
    this.failure = failure;
    this.sent = sent;
    this.timeoutMs = timeoutMs;
  }
}
