import { createDeadline } from '../../async/deadline.js';
import { runChild } from '../sqlite/run-child.js';
import { createSyncError } from './sync-errors.js';

/** How long SQLite itself waits for readers of the old log, in milliseconds. */
const patienceMs = 2_000;
const startTimeoutMs = 10_000;

/**
 * Moves the whole log into the database file and cuts it to nothing, in a process of its own, while nobody syncs.
 * @returns false when a reader kept the log
 * @throws DatabaseError when it could not be done at all
 */
export function emptyLog(path: string, signal: AbortSignal): Promise<boolean> {
  const work = {
    script: new URL('./checkpoint.child.js', import.meta.url),
    job: { path, timeoutMs: patienceMs },
    doing: 'while the log of the replica was emptied',
    toError: ({ message }: { readonly message: string }) => createSyncError(message),
    background: true,
  } as const;
  return runChild<boolean>(work, createDeadline(patienceMs + startTimeoutMs, signal));
}
