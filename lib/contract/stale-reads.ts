import { AsyncLocalStorage } from 'node:async_hooks';

/** Told of each read that was answered with old data because the primary was away. */
export type StaleListener = (ageMs: number) => void;

const listeners = new AsyncLocalStorage<StaleListener>();

/** Runs work whose stale reads are told, at the moment of each. */
export function watchStaleReads<T>(listener: StaleListener, work: () => T): T {
  return listeners.run(listener, work);
}

/** A read of the current caller was answered with data of this age. */
export function tellStaleRead(ageMs: number): void {
  listeners.getStore()?.(ageMs);
}
