import { jitteredBackoffMs } from '../async/backoff.js';
import { remainingMs, type Deadline } from '../async/deadline.js';
import { sleep } from '../async/sleep.js';
import { within } from '../async/within.js';
import { DatabaseError } from '../errors/database-error.js';

/** Waits between attempts to open at boot, in milliseconds. */
const baseWaitMs = 100;
const longestWaitMs = 2_000;

/**
 * Connects, with further attempts while the database cannot be reached.
 * @param onWait called once, before the first further attempt
 * @throws the error that says most when the deadline is over, and any that no further attempt can mend at once
 */
export async function connectAtBoot(
  connect: () => Promise<unknown>,
  deadline: Deadline,
  onWait: (reason: DatabaseError) => void,
): Promise<void> {
  let reason: unknown;
  for (let attempt = 1; ; attempt++) {
    try {
      await within(connect(), deadline, 'opening the database');
      return;
    } catch (error) {
      // when the time runs out during a further attempt, the error of the one before says more; a timer may be 1 ms early
      const over = remainingMs(deadline) <= 1;
      if (!over || reason === undefined) reason = error;
      const waitMs = jitteredBackoffMs(attempt, baseWaitMs, longestWaitMs);
      if (!isTemporary(error) || waitMs >= remainingMs(deadline)) throw reason;
      if (attempt === 1) onWait(error);
      await sleep(waitMs, deadline, 'waiting to open the database again');
    }
  }
}

/** An error that another attempt may mend: not a wrong option, a refused token or a mistake in a migration. */
export function isTemporary(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && ['unavailable', 'busy', 'timeout'].includes(error.kind);
}
