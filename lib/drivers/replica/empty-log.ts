import { once } from 'node:events';
import { forkScript } from './sync-child.js';

/** How long SQLite itself waits for readers of the old log, in milliseconds. */
const patienceMs = 2_000;
const startTimeoutMs = 10_000;

/**
 * Moves the whole log into the database file and cuts it to nothing, in a process of its own, while nobody syncs.
 * @returns false when a reader kept the log
 */
export async function emptyLog(path: string, signal: AbortSignal): Promise<boolean> {
  const child = forkScript('./checkpoint.child.js');
  child.unref();
  child.channel?.unref();
  const ended = once(child, 'exit').catch(() => undefined);
  const stop = (): void => void child.kill('SIGKILL');
  const timer = setTimeout(stop, patienceMs + startTimeoutMs).unref();
  signal.addEventListener('abort', stop, { once: true });
  try {
    let isDone = false;
    child.once('message', (answer: { isDone: boolean }) => {
      isDone = answer.isDone;
      stop();
    });
    child.send({ path, timeoutMs: patienceMs }, () => undefined);
    if (signal.aborted) stop();
    await ended;
    return isDone;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
