import { jitteredBackoffMs } from '../async/backoff.js';
import { remainingMs, type Deadline } from '../async/deadline.js';
import { sleep } from '../async/sleep.js';
import type { DriverConnection } from '../contract/connection.js';
import { DatabaseError } from '../errors/database-error.js';

/** Waits between attempts: at most 50 ms after the first failure, at most a second later on. */
const baseWaitMs = 50;
const longestWaitMs = 1_000;

/**
 * Tries a call again when it surely was not applied because the server could not be reached. A call whose outcome is unknown is
 * never repeated.
 * @param maxAttempts counts the first call too
 */
export function withRetry(connection: DriverConnection, maxAttempts: number): DriverConnection {
  const attempt = <T>(deadline: Deadline, call: () => Promise<T>): Promise<T> =>
    callWithRetry(call, maxAttempts, deadline);
  return {
    databaseKey: connection.databaseKey,
    execute: (statement, deadline) => attempt(deadline, () => connection.execute(statement, deadline)),
    batch: (statements, options, deadline) =>
      attempt(deadline, () => connection.batch(statements, options, deadline)),
    executeMultiple: (sql, deadline) => attempt(deadline, () => connection.executeMultiple(sql, deadline)),
    begin: (mode, deadline, origin) => attempt(deadline, () => connection.begin(mode, deadline, origin)),
    ping: (deadline) => connection.ping(deadline),
    waiting: () => connection.waiting(),
    close: () => connection.close(),
  };
}

async function callWithRetry<T>(call: () => Promise<T>, maxAttempts: number, deadline: Deadline): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= maxAttempts || !isRetryable(error)) throw error;
      const waitMs = Math.max(error.retryAfterMs ?? 0, jitteredBackoffMs(attempt, baseWaitMs, longestWaitMs));
      if (waitMs >= remainingMs(deadline)) throw error;
      await sleep(waitMs, deadline, 'waiting for the next attempt');
    }
  }
}

function isRetryable(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.kind === 'unavailable' && error.outcome === 'not-applied';
}
