import { createStatementRefusedError } from '../errors/usage-errors.js';
import type { DatabaseTransaction } from './database-transaction.js';
import { ScopedTransaction, type TransactionHost } from './scoped-transaction.js';
import type { TransactionScope } from './transaction-scope.js';

/** The handle of a `withTransaction` callback: its owner ends it, the callback cannot. */
export class ManagedTransaction extends ScopedTransaction implements DatabaseTransaction {
  readonly attempt: number;

  constructor(host: TransactionHost, scope: TransactionScope, attempt: number) {
    super(host, scope);
    this.attempt = attempt;
  }

  afterCommit(work: () => unknown): void {
    this.scope.addAfterCommit(work);
  }

  override commit(): Promise<void> {
    return Promise.reject(createManagedError('commit'));
  }

  override rollback(): Promise<void> {
    return Promise.reject(createManagedError('rollback'));
  }

  override close(): void {
    throw createManagedError('close');
  }
}

function createManagedError(method: string): Error {
  return createStatementRefusedError(
    `${method}() is not for a withTransaction() callback: return to commit, throw to roll back`,
    'TRANSACTION_MANAGED',
  );
}
