import type { Row } from '@libsql/core/api';
import { jitteredBackoffMs } from '../async/backoff.js';
import { createDeadline, remainingMs, type Deadline } from '../async/deadline.js';
import { sleep } from '../async/sleep.js';
import { within } from '../async/within.js';
import type { DriverConnection } from '../contract/connection.js';
import { DatabaseError, withOutcome } from '../errors/database-error.js';
import { isRefusedUnsent } from '../errors/refused-unsent.js';
import { findSilence } from '../errors/silence.js';
import type { RetryBudget } from './retry-budget.js';

/** Waits between attempts: at most 50 ms after the first failure, at most a second later on. */
const baseWaitMs = 50;
const longestWaitMs = 1_000;

/** Whether a call may be sent again although it may have been applied: a read, or a write whose caller said so. */
type Repeatable = 'no' | 'read' | 'idempotent';

/** One call, and what may be done when it fails. */
interface Call<T> {
  /** @param afterLoss an earlier attempt was sent and not answered */
  readonly run: (afterLoss: boolean) => Promise<T>;
  readonly judge: () => Promise<Repeatable>;
}

/**
 * Tries a call again when the server could not be reached, or somebody else held its lock: one that surely was not applied up to
 * `maxAttempts` times; one whose outcome is unknown once, if it only reads or its caller declared it idempotent, and only when the
 * server answers a ping: what took the server down must not be sent again.
 * @param maxAttempts counts the first call too
 */
export function withRetry(
  connection: DriverConnection,
  maxAttempts: number,
  budget: RetryBudget,
): DriverConnection {
  const answers = createProbe(connection);
  const attempt = <T>(deadline: Deadline, run: Call<T>['run'], judge = never): Promise<T> =>
    callWithRetry({ run, judge }, { maxAttempts, budget, deadline, answers });
  return {
    databaseKey: connection.databaseKey,
    execute: (statement, deadline) =>
      attempt(
        deadline,
        // what was lost with it may have been its own fault, and must not take others along again
        (afterLoss) => connection.execute(afterLoss ? { ...statement, alone: true } : statement, deadline),
        async () => {
          if (statement.idempotent === true) return 'idempotent';
          return (await connection.isRead(statement, deadline)) ? 'read' : 'no';
        },
      ),
    batch: (statements, options, deadline) =>
      attempt(
        deadline,
        () => connection.batch(statements, options, deadline),
        async () => {
          if (options.idempotent === true) return 'idempotent';
          for (const statement of statements)
            if (!(await connection.isRead(statement, deadline))) return 'no';
          return 'read';
        },
      ),
    executeMultiple: (sql, deadline) => attempt(deadline, () => connection.executeMultiple(sql, deadline)),
    stream: (statement, deadline) =>
      streamFrom(
        (open) => attempt(deadline, open, reads),
        () => connection.stream(statement, deadline),
      ),
    begin: (mode, deadline, origin) => attempt(deadline, () => connection.begin(mode, deadline, origin)),
    isRead: (statement, deadline) => connection.isRead(statement, deadline),
    ping: (deadline) => connection.ping(deadline),
    waiting: () => connection.waiting(),
    close: (deadline) => connection.close(deadline),
  };
}

/** As long as no row was handed out, a stream may begin again. */
async function* streamFrom(
  attempt: (open: () => Promise<BegunStream>) => Promise<BegunStream>,
  open: () => AsyncIterableIterator<Row>,
): AsyncGenerator<Row, void, undefined> {
  const { rows, first } = await attempt(async () => {
    const begun = open();
    return { rows: begun, first: await begun.next() };
  });
  try {
    for (let next = first; next.done !== true; next = await rows.next()) yield next.value;
  } finally {
    await rows.return?.();
  }
}

interface BegunStream {
  readonly rows: AsyncIterableIterator<Row>;
  readonly first: IteratorResult<Row>;
}

const reads = (): Promise<Repeatable> => Promise.resolve('read');

const never = (): Promise<Repeatable> => Promise.resolve('no');

interface Bounds {
  readonly maxAttempts: number;
  readonly budget: RetryBudget;
  readonly deadline: Deadline;
  readonly answers: Probe;
}

async function callWithRetry<T>(
  { run, judge }: Call<T>,
  { maxAttempts, budget, deadline, answers }: Bounds,
): Promise<T> {
  budget.deposit();
  let repeated: Repeatable = 'no';
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(repeated !== 'no');
    } catch (error) {
      const failure = repeated === 'idempotent' ? withOutcome(error, 'unknown', earlierAttempt) : error;
      if (attempt >= maxAttempts || !mayPass(error)) throw failure;
      const waitMs = Math.max(error.retryAfterMs ?? 0, jitteredBackoffMs(attempt, baseWaitMs, longestWaitMs));
      if (waitMs >= remainingMs(deadline)) throw failure;
      if (error.outcome === 'applied') throw failure;
      if (error.outcome === 'unknown') {
        if (repeated !== 'no') throw failure;
        repeated = await judge().catch(() => 'no' as const);
        if (repeated === 'no') throw failure;
      }
      const reason = findSilence(error) ?? error;
      if (!budget.withdraw(reason)) throw failure;
      await sleep(waitMs, deadline, 'waiting for the next attempt').catch((ended: unknown) => {
        throw repeated === 'idempotent' ? withOutcome(ended, 'unknown', earlierAttempt) : ended;
      });
      if (error.outcome === 'unknown' && !(await answers(reason, deadline))) throw failure;
    }
  }
}

/** Whether time may mend a failure. An open breaker has judged already: nobody waits for it. */
function mayPass(error: unknown): error is DatabaseError {
  if (!(error instanceof DatabaseError) || isRefusedUnsent(error)) return false;
  return error.kind === 'unavailable' || error.kind === 'busy';
}

const earlierAttempt = 'an earlier attempt may have been applied';

/** Whether the database answers, after the failure of a request. */
type Probe = (lost: Error, deadline: Deadline) => Promise<boolean>;

/** All whose calls were lost with one request share one ping. */
function createProbe(connection: DriverConnection): Probe {
  const pings = new WeakMap<Error, Promise<void>>();
  return async (lost, deadline) => {
    const ping = pings.get(lost) ?? connection.ping(createDeadline(remainingMs(deadline)));
    pings.set(lost, ping);
    return within(ping, deadline, 'waiting for the answer to a ping').then(
      () => true,
      () => false,
    );
  };
}
