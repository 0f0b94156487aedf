import { jitteredBackoffMs } from '../../async/backoff.js';
import { throwIfOver, type Deadline } from '../../async/deadline.js';
import { within } from '../../async/within.js';
import { DatabaseError } from '../../errors/database-error.js';
import { createClientClosedError } from '../../errors/usage-errors.js';

/** Waits after failures in a row, in milliseconds. */
const firstRetryMs = 250;
const longestRetryMs = 5_000;

const doing = 'waiting for the replica';

/** Runs one round after the other, never two at once: every interval, when somebody asks, and again with pauses after a failure. */
export class SyncLoop {
  readonly #round: () => Promise<void>;
  readonly #intervalMs: number;
  #isClosed = false;
  #isWanted = false;
  #failures = 0;
  #lastError: unknown;
  #timer: NodeJS.Timeout | undefined;
  /** Settles with the round that runs now. Never rejects. */
  #running: Promise<void> | undefined;

  /** @param round may fail; its error is kept for those who ask for a round */
  constructor(round: () => Promise<void>, intervalMs: number) {
    this.#round = round;
    this.#intervalMs = intervalMs;
  }

  /** Failed rounds since the last that succeeded. */
  get failures(): number {
    return this.#failures;
  }

  /** Code of the error of the last round; undefined when it succeeded. */
  get lastErrorCode(): string | undefined {
    if (this.#lastError === undefined) return undefined;
    return this.#lastError instanceof DatabaseError ? this.#lastError.code : 'UNKNOWN';
  }

  /** Asks for a round that begins from now on; after failures it comes when it would have come anyway. */
  wake(): void {
    if (this.#failures === 0) this.#request();
  }

  /** Resolves when the next round that ends has ended, well or not. @throws DatabaseError at the deadline */
  async next(deadline: Deadline): Promise<void> {
    this.wake();
    throwIfOver(deadline, doing);
    if (this.#isClosed) throw createClientClosedError();
    if (this.#running !== undefined) await within(this.#running, deadline, doing);
  }

  /** Runs a round that begins from now on, whatever failed before. @throws what it fails with */
  async run(deadline: Deadline): Promise<void> {
    if (this.#running !== undefined) await within(this.#running, deadline, doing);
    // one that runs now was asked for by somebody else, and has begun since
    if (this.#running === undefined) this.#request();
    if (this.#running === undefined) throw createClientClosedError();
    await within(this.#running, deadline, doing);
    if (this.#failures > 0) throw this.#lastError;
  }

  /** No round begins any more; resolves when the running one has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #request(): void {
    this.#isWanted = true;
    if (this.#running === undefined) this.#begin();
  }

  #begin(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#isWanted = false;
    this.#running = this.#runRound().finally(() => {
      this.#running = undefined;
      if (this.#isWanted && this.#failures === 0) this.#begin();
      else this.#schedule();
    });
  }

  async #runRound(): Promise<void> {
    try {
      await this.#round();
      this.#failures = 0;
      this.#lastError = undefined;
    } catch (error) {
      this.#failures++;
      this.#lastError = error;
    }
  }

  #schedule(): void {
    if (this.#isClosed) return;
    const retryMs = firstRetryMs / 2 + jitteredBackoffMs(this.#failures, firstRetryMs, longestRetryMs);
    const waitMs = this.#failures === 0 ? this.#intervalMs : retryMs;
    this.#timer = setTimeout(() => this.#request(), waitMs);
    this.#timer.unref();
  }
}
