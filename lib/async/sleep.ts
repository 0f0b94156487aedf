import { createAbortedError, createTimeoutError } from '../errors/wait-errors.js';
import { remainingMs, type Deadline } from './deadline.js';

/**
 * Waits `ms`, or until the deadline or its signal ends the wait.
 * @throws DatabaseError `timeout` or `aborted`, outcome `not-applied`
 */
export function sleep(ms: number, deadline: Deadline, doing: string): Promise<void> {
  const left = remainingMs(deadline);
  const { signal } = deadline;
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(createAbortedError(doing, signal?.reason));
    };
    if (signal?.aborted) {
      reject(createAbortedError(doing, signal.reason));
      return;
    }
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', stop);
        if (ms > left) reject(createTimeoutError(doing, deadline.timeoutMs));
        else resolve();
      },
      Math.min(ms, left),
    );
    signal?.addEventListener('abort', stop, { once: true });
  });
}
