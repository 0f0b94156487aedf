import { jitteredBackoffMs } from '../../async/backoff.js';
import { createDeadline, remainingMs, type Deadline } from '../../async/deadline.js';
import { sleep } from '../../async/sleep.js';
import { DatabaseError } from '../../errors/database-error.js';

const passing: ReadonlySet<string> = new Set(['unavailable', 'busy', 'timeout']);

/** How long a server that is away or busy is asked again. It starts anew with every success. */
export class Patience {
  readonly #patienceMs: number;
  readonly #signal: AbortSignal | undefined;
  #deadline: Deadline;
  #failures = 0;

  constructor(patienceMs: number, signal: AbortSignal | undefined) {
    this.#patienceMs = patienceMs;
    this.#signal = signal;
    this.#deadline = createDeadline(patienceMs, signal);
  }

  /** Something succeeded. */
  renew(): void {
    this.#failures = 0;
  }

  /** Waits before the next attempt. @throws the error itself when it will not pass, or when patience is over */
  async wait(error: unknown): Promise<void> {
    if (!(error instanceof DatabaseError) || !passing.has(error.kind)) throw error;
    if (this.#failures === 0) this.#deadline = createDeadline(this.#patienceMs, this.#signal);
    this.#failures++;
    const pauseMs = jitteredBackoffMs(this.#failures, 50, 2_000) + 20;
    if (pauseMs > remainingMs(this.#deadline)) throw error;
    await sleep(pauseMs, this.#deadline, 'waiting for the server');
  }

  /** Repeats what changes nothing. */
  async retry<T>(read: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await read();
      } catch (error) {
        await this.wait(error);
      }
    }
  }
}

/** The target has just answered that nothing was applied, so an unknown outcome is worth another attempt. */
export function asPassing(error: DatabaseError): DatabaseError {
  if (error.kind !== 'internal') return error;
  const { code, message } = error;
  return new DatabaseError(message, { code, kind: 'unavailable', outcome: 'not-applied', cause: error });
}
