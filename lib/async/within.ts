import { remainingMs, type Deadline } from './deadline.js';
import { createAbortedError, createTimeoutError } from '../errors/wait-errors.js';

/**
 * Waits for shared work at most until the caller's own deadline; the work itself goes on for the others.
 * @throws DatabaseError `timeout` or `aborted`, outcome `not-applied`
 */
export function within<T>(work: Promise<T>, deadline: Deadline, doing: string): Promise<T> {
  const { signal } = deadline;
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () => stop(createTimeoutError(doing, deadline.timeoutMs)),
      remainingMs(deadline),
    );
    const abort = (): void => stop(createAbortedError(doing, signal?.reason));
    const leave = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const stop = (error: Error): void => {
      leave();
      reject(error);
    };
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(leave).catch(stop);
  });
}
