import { AsyncResource } from 'node:async_hooks';

/** The context in which the package was loaded: before any call. */
const outside = new AsyncResource('nestjs-turso');

/**
 * Runs `work` outside of every caller's asynchronous context: what several calls share, and what outlives the call that came first, must
 * not run in the context of that one, nor keep it.
 */
export function runOutside<T>(work: () => T): T {
  return outside.runInAsyncScope(work);
}
