// @ts-check
// The process of its own in which libSQL keeps a replica up to date: everything native in libSQL blocks its thread, and only the end of
// a process surely ends it. libSQL runs in a worker, so that this thread sees at once when the parent is gone.
import BetterSqlite3 from 'better-sqlite3';
import { existsSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** @typedef {{ path: string, suffixes: string[], syncUrl: string, remoteEncryptionKey?: string, reset: boolean }} Settings */
/** @typedef {{ type: 'open', settings: Settings } | { type: 'sync', authToken?: string }} Request */

const { process: self } = globalThis;

/** Looks whether the lock is still the one at its path, in milliseconds: another process locks whatever file stands there. */
const lookEveryMs = 250;
/** Whoever may hold a lock that was removed has gone by then. */
const leaveMs = 2_000;

// an orphan would go on writing beside its successor
self.on('disconnect', () => self.kill(self.pid, 'SIGKILL'));

/** @type {BetterSqlite3.Database[]} what nobody holds is collected, and closed by that */
const held = [];
/** @type {Worker | undefined} */
let worker;
/** Ends this process when its lock is no longer that of the replica. */
let watchLock = () => {};

self.on('message', (/** @type {Request} */ request) => {
  if (request.type === 'open') return void open(request.settings);
  watchLock();
  worker?.postMessage(request.authToken);
});

/** @param {Settings} settings */
async function open(settings) {
  const { path, suffixes, reset } = settings;
  const lock = `${path}.lock`;
  const before = nameFile(lock);
  try {
    held.push(takeLock(lock));
  } catch (error) {
    const { code, message } = /** @type {{ code?: string, message: string }} */ (error);
    self.send?.({ type: 'refused', isLocked: `${code}`.startsWith('SQLITE_BUSY'), message });
    return;
  }
  const own = nameFile(lock);
  watchLock = () => void (nameFile(lock) === own || self.kill(self.pid, 'SIGKILL'));
  setInterval(watchLock, lookEveryMs);
  // the lock of a replica that is there was removed, perhaps under the hands of another process
  if (before !== own && suffixes.some((suffix) => existsSync(path + suffix))) await sleep(leaveMs);
  if (reset) for (const suffix of suffixes) rmSync(path + suffix, { force: true });
  worker = new Worker(new URL('./sync.worker.js', import.meta.url), { workerData: settings });
  worker.on('message', (answer) => self.send?.(answer));
  worker.on('error', (error) => self.send?.({ type: 'failed', message: error.message }));
  self.send?.({ type: 'ready' });
}

/**
 * Held for as long as this process lives, and released by the system however it ends.
 * @param {string} path
 */
function takeLock(path) {
  const database = new BetterSqlite3(path, { timeout: 0 });
  database.exec('BEGIN EXCLUSIVE');
  return database;
}

/** @param {string} path */
function nameFile(path) {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}
