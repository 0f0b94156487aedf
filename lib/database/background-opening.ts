import { setTimeout as sleep } from 'node:timers/promises';
import { jitteredBackoffMs } from '../async/backoff.js';
import type { Reporter } from '../contract/driver.js';
import { DatabaseError } from '../errors/database-error.js';
import { findDatabaseError } from '../errors/find-database-error.js';
import { degradedCode, markRefused } from '../errors/refused-unsent.js';

/** Waits between two attempts, in milliseconds: at most half a second after the first failure, at most 5 s later on. */
const baseWaitMs = 500;
const longestWaitMs = 5_000;

/** Opens a database that was down at boot: tries until it comes, and tells those who ask meanwhile that it is not there. */
export class BackgroundOpening {
  readonly #database: string;
  readonly #report: Reporter;
  readonly #startedAt = performance.now();
  #reason: unknown;
  #nextAttemptAt = this.#startedAt;

  /**
   * @param database for messages, without credentials
   * @param reason why it could not be opened at boot
   */
  constructor(database: string, reason: DatabaseError, report: Reporter) {
    this.#database = database;
    this.#reason = reason;
    this.#report = report;
  }

  /** The error of the last attempt. */
  get reason(): unknown {
    return this.#reason;
  }

  /** What a call is told until the database is open. It was not sent. */
  createError(): DatabaseError {
    const error = new DatabaseError(
      `${this.#database} was not there at boot and is tried again in the background (${codeOf(this.#reason)})`,
      {
        code: degradedCode,
        kind: 'unavailable',
        outcome: 'not-applied',
        retryAfterMs: Math.max(1, Math.ceil(this.#nextAttemptAt - performance.now())),
        cause: this.#reason,
      },
    );
    return markRefused(error, this.#database);
  }

  /**
   * Tries `open` until it succeeds or the signal fires; never rejects. What waiting does not mend (a refused token, a mistake in a
   * migration) is tried again too, because it may be mended elsewhere, and is told once.
   */
  async run(open: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; !signal.aborted; attempt++) {
      const waitMs = jitteredBackoffMs(attempt, baseWaitMs, longestWaitMs);
      this.#nextAttemptAt = performance.now() + waitMs;
      await sleep(waitMs, undefined, { ref: false, signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await open();
        const seconds = Math.round((performance.now() - this.#startedAt) / 1000);
        const message = `opened after ${seconds} s, with ${attempt} ${attempt === 1 ? 'attempt' : 'attempts'} in the background`;
        this.#report({ level: 'info', code: 'DATABASE_OPENED', message });
        return;
      } catch (error) {
        if (!signal.aborted) this.#remember(error);
      }
    }
  }

  #remember(error: unknown): void {
    const isNew = codeOf(error) !== codeOf(this.#reason);
    this.#reason = error;
    if (!isNew) return;
    const message = `it still cannot be opened: ${describe(error)}`;
    this.#report({ level: 'warning', code: 'DATABASE_UNAVAILABLE', message });
  }
}

/** The code of an error; what an app's own hook throws has none. */
export function codeOf(error: unknown): string {
  return findDatabaseError(error)?.code ?? 'HOOK_FAILED';
}

/** The words of a foreign error may hold bound values. */
function describe(error: unknown): string {
  if (error instanceof DatabaseError) return error.message;
  return `the onConnectionCreate hook failed (${error instanceof Error ? error.name : typeof error})`;
}
