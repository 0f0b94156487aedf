import { throwIfOver, type Deadline } from '../async/deadline.js';
import { within } from '../async/within.js';
import type { Reporter } from '../contract/driver.js';
import { DatabaseError } from '../errors/database-error.js';
import { circuitOpenCode, markRefused } from '../errors/refused-unsent.js';
import { findSilence } from '../errors/silence.js';

/** What a breaker knows about itself. */
export interface BreakerStatus {
  /** `closed` lets every call through, `open` none, `half-open` while its probe is on the way. */
  readonly state: 'closed' | 'open' | 'half-open';
  /** Calls in a row that the database did not answer. */
  readonly failures: number;
  /** When the next probe may go, in milliseconds; 0 while the breaker is closed. */
  readonly retryAfterMs: number;
}

/** Failures in a row, with no answer in between, that open the breaker. */
const failuresToOpen = 5;

/** How long it stays open: doubled by each failed probe, and short enough not to prolong an outage that is over. Milliseconds. */
const firstOpenMs = 500;
const longestOpenMs = 5_000;

/**
 * Spares callers the wait for a database that does not answer. After five failures in a row calls fail at once; then one caller's
 * probe decides for all. The probe is a statement of its own, so that a slow statement of the caller cannot keep the breaker open.
 */
export class CircuitBreaker {
  readonly #database: string;
  readonly #probe: () => Promise<void>;
  readonly #report: Reporter;
  #failures = 0;
  #openings = 0;
  #openUntil = 0;
  #probing = false;
  readonly #counted = new WeakSet<DatabaseError>();
  #lastError: DatabaseError | undefined;

  /**
   * @param database for messages, without credentials
   * @param probe resolves when the database answers; bounded by itself
   */
  constructor(database: string, probe: () => Promise<void>, report: Reporter) {
    this.#database = database;
    this.#probe = probe;
    this.#report = report;
  }

  get status(): BreakerStatus {
    const isOpen = this.#openings > 0;
    return {
      state: isOpen ? (this.#probing ? 'half-open' : 'open') : 'closed',
      failures: this.#failures,
      retryAfterMs: isOpen ? this.#retryAfterMs() : 0,
    };
  }

  /**
   * Lets a call through, after a probe when one is due.
   * @param deadline of the call: it waits for the probe no longer
   * @throws DatabaseError `CIRCUIT_OPEN`, kind `unavailable`, or the end of the deadline; outcome `not-applied`
   */
  async admit(deadline: Deadline): Promise<void> {
    if (this.#openings === 0) return;
    // its caller has given up: it is told so at any time, and sends no probe
    throwIfOver(deadline, 'before the call was sent');
    if (this.#probing || performance.now() < this.#openUntil) throw this.#refuse();
    // it decides for all, so it does not end with the call that began it
    await within(this.#runProbe(), deadline, 'waiting for the probe of a database that did not answer');
    if (this.#openings > 0) throw this.#refuse();
  }

  /** What a call is told that was let in before and is not sent yet; undefined while the database answers. */
  get refusal(): DatabaseError | undefined {
    return this.#openings > 0 ? this.#refuse() : undefined;
  }

  /** Never rejects. */
  async #runProbe(): Promise<void> {
    this.#probing = true;
    try {
      await this.#probe();
      this.onAnswer();
    } catch (error) {
      // a refused token is an answer, of which the driver told; and others may have been answered meanwhile
      if (this.#openings === 0) this.onError(error);
      else this.#openAgain(error);
    } finally {
      this.#probing = false;
    }
  }

  /** The database answered, whatever it said. */
  onAnswer(): void {
    this.#failures = 0;
    if (this.#openings === 0) return;
    this.#openings = 0;
    this.#report({ level: 'info', code: 'CIRCUIT_CLOSED', message: 'the database answers again' });
  }

  /** A call failed; only one that the database did not answer counts. */
  onError(error: unknown): void {
    const silence = findSilence(error);
    // what a lost transaction refuses afterwards has the first error as its cause
    if (silence === undefined || this.#counted.has(silence)) return;
    this.#counted.add(silence);
    this.#failures++;
    this.#lastError = silence;
    if (this.#openings === 0 && this.#failures >= failuresToOpen) this.#open();
  }

  #open(): void {
    this.#extend();
    this.#report({
      level: 'warning',
      code: circuitOpenCode,
      message: `the database did not answer ${this.#failures} calls in a row (${this.#lastError?.code}); calls fail at once until it does`,
    });
  }

  #openAgain(error: unknown): void {
    this.#failures++;
    if (error instanceof DatabaseError) {
      this.#counted.add(error);
      this.#lastError = error;
    }
    this.#extend();
  }

  #extend(): void {
    const openMs = Math.min(longestOpenMs, firstOpenMs * 2 ** this.#openings++);
    // processes that lost the database together do not all come back in the same moment
    this.#openUntil = performance.now() + openMs * (0.75 + Math.random() / 4);
  }

  #retryAfterMs(): number {
    return Math.max(0, Math.ceil(this.#openUntil - performance.now()));
  }

  #refuse(): DatabaseError {
    const message = `${this.#database} did not answer the last ${this.#failures} calls (${this.#lastError?.code}), so this one was not sent; the next probe goes in ${this.#retryAfterMs()} ms`;
    const refusal = new DatabaseError(message, {
      code: circuitOpenCode,
      kind: 'unavailable',
      outcome: 'not-applied',
      retryAfterMs: this.#retryAfterMs(),
      cause: this.#lastError,
    });
    return markRefused(refusal, this.#database);
  }
}
