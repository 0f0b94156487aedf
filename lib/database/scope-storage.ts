import { AsyncLocalStorage } from 'node:async_hooks';
import type { TransactionScope } from './transaction-scope.js';

/** Where the calls of an asynchronous context belong: into a transaction, or out of one that it stepped out of. */
interface Place {
  readonly scope: TransactionScope | undefined;
  readonly left: TransactionScope | undefined;
}

/** The place in every database, by its key, in this asynchronous context. */
const places = new AsyncLocalStorage<ReadonlyMap<string, Place>>();

/** No place was ever taken: then there is nothing to look up. */
let isUnused = true;

function currentPlace(databaseKey: string): Place | undefined {
  return isUnused ? undefined : places.getStore()?.get(databaseKey);
}

/** The transaction of a database that the current call belongs to. */
export function currentScope(databaseKey: string): TransactionScope | undefined {
  return currentPlace(databaseKey)?.scope;
}

/** The transaction that the current call stepped out of and that is still open: it may be what the call waits for. */
export function findLeftScope(databaseKey: string): TransactionScope | undefined {
  const left = currentPlace(databaseKey)?.left;
  return left?.ended === false ? left : undefined;
}

/** Runs `work` so that calls on the database join `scope`; `undefined` runs it outside of any. */
export function runInScope<T>(databaseKey: string, scope: TransactionScope | undefined, work: () => T): T {
  isUnused = false;
  const around = places.getStore();
  const outer = around?.get(databaseKey);
  const left = scope === undefined ? (outer?.scope ?? outer?.left) : undefined;
  return places.run(new Map(around).set(databaseKey, { scope, left }), work);
}
