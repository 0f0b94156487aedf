import { AsyncLocalStorage } from 'node:async_hooks';
import type { TransactionScope } from './transaction-scope.js';

/** The open transaction of every database, by its key, in this asynchronous context. */
const scopes = new AsyncLocalStorage<ReadonlyMap<string, TransactionScope>>();

/** The transaction of a database that the current call belongs to. */
export function currentScope(databaseKey: string): TransactionScope | undefined {
  return scopes.getStore()?.get(databaseKey);
}

/** Runs `work` so that calls on the database join `scope`; `undefined` runs it outside of any. */
export function runInScope<T>(databaseKey: string, scope: TransactionScope | undefined, work: () => T): T {
  const inner = new Map(scopes.getStore());
  if (scope === undefined) inner.delete(databaseKey);
  else inner.set(databaseKey, scope);
  return scopes.run(inner, work);
}
