import { currentScope } from './scope-storage.js';
import type { TransactionScope } from './transaction-scope.js';

/**
 * The open transaction that a call belongs to.
 * @throws DatabaseError `TRANSACTION_CLOSED` when the call outlived its transaction
 */
export function findOuterScope(databaseKey: string): TransactionScope | undefined {
  const scope = currentScope(databaseKey);
  scope?.assertOpen();
  return scope;
}
