import { remainingMs, type Deadline } from './deadline.js';

/**
 * Calls one of the two once: `onOver` when the deadline is over, `onAborted` when its signal fires first.
 * @param holdsProcess false lets a process that waits for nothing else end meanwhile
 * @returns stops watching
 */
export function watchDeadline(
  deadline: Deadline,
  onOver: () => void,
  onAborted: (reason: unknown) => void,
  holdsProcess = true,
): () => void {
  const { signal } = deadline;
  const stop = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  };
  const abort = (): void => {
    stop();
    onAborted(signal?.reason);
  };
  const timer = setTimeout(() => {
    stop();
    onOver();
  }, remainingMs(deadline));
  if (!holdsProcess) timer.unref();
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return stop;
}
