import { remainingMs, type Deadline } from '../../async/deadline.js';
import { eventLoopShare } from '../../async/event-loop-share.js';
import { sleep } from '../../async/sleep.js';
import { DatabaseError } from '../../errors/database-error.js';
import { isBusy, toSqliteError } from './sqlite-errors.js';

/**
 * Longest wait between two tries, in milliseconds. Uniform 0–5 ms gave a p99 of 10.6 ms against a process that hammers, doubling
 * waits up to a second 260 ms and more.
 */
const longestWaitMs = 5;

/**
 * Runs `work` in its turn, and again while another process holds the lock, without ever blocking the event loop (SQLite's own
 * busy_timeout would).
 * @throws DatabaseError outcome `not-applied`: `busy` when the lock was not free before the deadline, `timeout` or `aborted` when its
 * turn did not come before
 */
export async function whileBusy<T>(work: () => T, deadline: Deadline): Promise<T> {
  let lock: unknown;
  for (;;) {
    try {
      return await eventLoopShare.run(work, deadline);
    } catch (error) {
      if (!isBusy(error)) throw blameLock(lock, toSqliteError(error), deadline);
      lock = error;
      await rest(error, deadline);
    }
  }
}

/**
 * The same for work in another thread, which needs no turn in this one. What it throws as a `DatabaseError` is final: of a write that was
 * given up, nobody may know when its thread is done.
 */
export async function whileBusyElsewhere<T>(work: () => Promise<T>, deadline: Deadline): Promise<T> {
  let lock: unknown;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DatabaseError || !isBusy(error))
        throw blameLock(lock, toSqliteError(error), deadline);
      lock = error;
      await rest(error, deadline);
    }
  }
}

/** A deadline that ends while a lock is waited for ends because of the lock; a signal does not. */
export function blameLock(lock: unknown, error: unknown, deadline: Deadline): unknown {
  const isOver = error instanceof DatabaseError && error.kind === 'timeout';
  return isOver && error.outcome === 'not-applied' && lock !== undefined
    ? createBusyError(deadline, lock)
    : error;
}

async function rest(lock: unknown, deadline: Deadline): Promise<void> {
  const waitMs = Math.random() * longestWaitMs;
  if (remainingMs(deadline) <= waitMs) throw createBusyError(deadline, lock);
  const doing = 'waiting for another process to release its lock on the database file';
  await sleep(waitMs, deadline, doing).catch((error: unknown) => {
    throw blameLock(lock, error, deadline);
  });
}

function createBusyError(deadline: Deadline, cause: unknown): DatabaseError {
  return new DatabaseError(
    `the database file stayed locked for the whole ${Math.round(deadline.timeoutMs)} ms, by another process or, with a rollback journal, by a transaction of this one that reads`,
    { code: 'SQLITE_BUSY', extendedCode: 'SQLITE_BUSY', kind: 'busy', outcome: 'not-applied', cause },
  );
}
