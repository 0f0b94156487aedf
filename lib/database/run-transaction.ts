import { jitteredBackoffMs } from '../async/backoff.js';
import { remainingMs, type Deadline } from '../async/deadline.js';
import { sleep } from '../async/sleep.js';
import type { RetryBudget } from '../connection/retry-budget.js';
import type { DriverConnection } from '../contract/connection.js';
import type { Consistency, TransactionMode } from '../contract/statement.js';
import { DatabaseError, withOutcome } from '../errors/database-error.js';
import { isRefusedUnsent } from '../errors/refused-unsent.js';
import { findSilence } from '../errors/silence.js';
import type { DatabaseTransaction } from './database-transaction.js';
import { ManagedTransaction } from './managed-transaction.js';
import { runInScope } from './scope-storage.js';
import type { TransactionHost } from './scoped-transaction.js';
import { TransactionScope } from './transaction-scope.js';
import type { WithoutTransaction } from './without-transaction.js';

/** What `withTransaction` runs. */
export type TransactionCallback<T> = (transaction: DatabaseTransaction) => Promise<T> | T;

/** A transaction of its own, with everything decided. */
export interface RootRun {
  readonly mode: TransactionMode;
  readonly deadline: Deadline;
  readonly origin: string;
  readonly maxAttempts: number;
  readonly idempotent: boolean;
  readonly consistency: Consistency | undefined;
  /** Bounds further runs, for whatever reason; undefined for a database in this process. */
  readonly budget: RetryBudget | undefined;
}

/** Waits between two runs of a callback, in milliseconds. */
const baseWaitMs = 5;
const longestWaitMs = 200;

/**
 * Runs `callback` in a transaction of its own: commits on return, rolls back on throw, runs it again when the transaction was lost
 * and surely nothing of it was committed.
 */
export async function runRootTransaction<T>(
  connection: DriverConnection,
  host: TransactionHost,
  callback: TransactionCallback<T>,
  run: RootRun,
): Promise<T> {
  let mayBeCommitted = false;
  let waitMs = 0;
  for (let attempt = 1; ; attempt++) {
    let scope: TransactionScope | undefined;
    try {
      if (attempt > 1) await sleep(waitMs, run.deadline, 'waiting to run the transaction again');
      const transaction = await connection.begin(run.mode, run.deadline, run.origin, run.consistency);
      scope = TransactionScope.createRoot({ transaction, ...run, onExpired: () => undefined });
      return await runScope(host, scope, callback, attempt);
    } catch (error) {
      const failure = mayBeCommitted
        ? withOutcome(error, 'unknown', 'an earlier run may be committed')
        : error;
      const reason = scope && findReason(error, scope);
      if (attempt >= run.maxAttempts || !mayRunAgain(reason, run)) throw failure;
      mayBeCommitted ||= reason.outcome === 'unknown';
      waitMs = Math.max(reason.retryAfterMs ?? 0, jitteredBackoffMs(attempt, baseWaitMs, longestWaitMs));
      if (waitMs >= remainingMs(run.deadline)) throw failure;
      if (run.budget?.withdrawRun(findSilence(reason) ?? reason) === false) throw failure;
    }
  }
}

/** Runs `callback` in a scope that is already open, and ends the scope. */
export async function runScope<T>(
  host: TransactionHost,
  scope: TransactionScope,
  callback: TransactionCallback<T>,
  attempt: number,
): Promise<T> {
  const value = await runCallback(host, scope, callback, attempt).catch(async (error: unknown) => {
    await scope.rollbackAfter(error);
    throw error;
  });
  const afterCommit = await scope.commit();
  await runInScope(host.databaseKey, undefined, () => runAfterCommit(afterCommit));
  return value;
}

/** Runs `callback` as a part of a scope that somebody else ends. */
export function joinScope<T>(
  host: TransactionHost,
  scope: TransactionScope,
  callback: TransactionCallback<T>,
): Promise<T> {
  return runCallback(host, scope, callback, 1);
}

/** Runs `work` outside of any transaction, then what was to run after a commit. */
export async function runWithoutTransaction<T>(
  databaseKey: string,
  handle: WithoutTransaction,
  callback: TransactionCallback<T>,
): Promise<T> {
  return runInScope(databaseKey, undefined, async () => {
    const value = await callback(handle);
    await runAfterCommit(handle.afterCommitWork);
    return value;
  });
}

/** The callback, or the transaction's end by deadline, whichever comes first. */
function runCallback<T>(
  host: TransactionHost,
  scope: TransactionScope,
  callback: TransactionCallback<T>,
  attempt: number,
): Promise<T> {
  const handle = new ManagedTransaction(host, scope, attempt);
  const running = runInScope(host.databaseKey, scope, async () => callback(handle));
  const expired = scope.expired.then((error) => Promise.reject(error));
  return Promise.race([running, expired]);
}

async function runAfterCommit(works: readonly (() => unknown)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 0) return;
  throw new DatabaseError('the transaction is committed, but an afterCommit() callback failed', {
    code: 'AFTER_COMMIT_FAILED',
    kind: 'internal',
    outcome: 'applied',
    cause: errors.length === 1 ? errors[0] : new AggregateError(errors),
  });
}

/** A lost lock, an expired stream, a restarted server: the whole transaction may run again, unless its commit may have arrived. */
function mayRunAgain(reason: unknown, { idempotent }: RootRun): reason is DatabaseError {
  if (!(reason instanceof DatabaseError) || isRefusedUnsent(reason)) return false;
  if (reason.outcome === 'unknown') return idempotent;
  return reason.outcome === 'not-applied' && (reason.kind === 'busy' || reason.kind === 'unavailable');
}

/** What ended the transaction, rather than what its callback made of that. */
function findReason(error: unknown, scope: TransactionScope): unknown {
  return scope.lostBy ?? error;
}
