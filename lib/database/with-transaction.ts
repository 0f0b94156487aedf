import type { Transaction } from '@libsql/core/api';
import type { Reporter } from '../contract/driver.js';
import type { CallOptions, TransactionMode } from '../contract/statement.js';
import type { DatabaseError } from '../errors/database-error.js';
import { createStatementRefusedError } from '../errors/usage-errors.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { checkTransactionOptions } from './check-call-options.js';
import { choosePlace } from './choose-place.js';
import type { ConnectionCalls } from './connection-calls.js';
import type { DatabaseTransaction } from './database-transaction.js';
import { findOuterScope } from './find-outer-scope.js';
import {
  joinScope,
  runRootTransaction,
  runScope,
  runWithoutTransaction,
  type TransactionCallback,
} from './run-transaction.js';
import { runInScope } from './scope-storage.js';
import { ScopedTransaction } from './scoped-transaction.js';
import type { TransactionOptions } from './transaction-options.js';
import { TransactionScope } from './transaction-scope.js';
import { WithoutTransaction } from './without-transaction.js';

/** The connection whose calls a handle passes on when there is no transaction. */
type PlainConnection = Pick<DatabaseTransaction, 'execute' | 'batch' | 'executeMultiple'>;

/** Runs a callback in the place that its options and the transaction around it ask for. */
export async function withTransaction<T>(
  calls: ConnectionCalls,
  plain: PlainConnection,
  callback: TransactionCallback<T>,
  options: TransactionOptions,
  defaults: ResolvedOptions,
  origin: string,
): Promise<T> {
  const { mode = 'write', propagation = 'nested', idempotent = false, consistency } = options;
  assertMode(mode);
  checkTransactionOptions(options);
  const { timeoutMs = defaults.transactionTimeoutMs, maxAttempts = defaults.maxAttempts } = options;
  return calls.track(async () => {
    const deadline = calls.createDeadline({ timeoutMs });
    // without a wait where none is needed: calls of one tick keep their order
    const { connection, driver, budget } = calls.session.opened ?? (await calls.session.open(deadline));
    const { databaseKey } = connection;
    const host = calls.createHost(databaseKey);
    const outer = findOuterScope(databaseKey);
    const place = choosePlace(propagation, outer, mode, driver.capabilities.readsBesideWriter);
    if (place === 'without')
      return runWithoutTransaction(databaseKey, new WithoutTransaction(plain), callback);
    if (place === 'begin' || outer === undefined) {
      const run = { mode, deadline, origin, maxAttempts, idempotent, consistency, budget };
      return runInScope(databaseKey, undefined, () => runRootTransaction(connection, host, callback, run));
    }
    if (place === 'join') return joinScope(host, outer, callback);
    return runScope(host, await outer.openNested(deadline, origin), callback, 1);
  });
}

/** Begins a transaction that its caller ends: a savepoint inside another one, else one of its own. */
export async function beginTransaction(
  calls: ConnectionCalls,
  mode: TransactionMode,
  options: CallOptions,
  origin: string,
  report: Reporter,
): Promise<Transaction> {
  assertMode(mode);
  return calls.track(async () => {
    const deadline = calls.createDeadline(options);
    const { connection } = calls.session.opened ?? (await calls.session.open(deadline));
    const outer = findOuterScope(connection.databaseKey);
    const host = calls.createHost(connection.databaseKey);
    if (outer !== undefined) return new ScopedTransaction(host, await outer.openNested(deadline, origin));
    const transaction = await connection.begin(mode, deadline, origin, options.consistency);
    const onExpired = ({ message }: DatabaseError): void =>
      report({ level: 'warning', code: 'TRANSACTION_EXPIRED', message });
    const scope = TransactionScope.createRoot({ transaction, deadline, origin, onExpired });
    return new ScopedTransaction(host, scope);
  });
}

/** @throws DatabaseError `ARGS_INVALID` */
export function assertMode(mode: string): asserts mode is TransactionMode {
  if (mode === 'write' || mode === 'read' || mode === 'deferred') return;
  throw createStatementRefusedError(
    'Unknown transaction mode, supported values are "write", "read" and "deferred"',
    'ARGS_INVALID',
  );
}
