// @ts-check
// The process of its own in which libSQL keeps a replica up to date: everything native in libSQL blocks its thread, and only the end of
// a process surely ends it. libSQL runs in a worker, so that this thread sees at once when the parent is gone.
import BetterSqlite3 from 'better-sqlite3';
import { rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** @typedef {{ path: string, suffixes: string[], syncUrl: string, remoteEncryptionKey?: string, reset: boolean }} Settings */
/** @typedef {{ type: 'open', settings: Settings } | { type: 'sync', authToken?: string }} Request */

const { process: self } = globalThis;

// an orphan would go on writing beside its successor
self.on('disconnect', () => self.kill(self.pid, 'SIGKILL'));

/** @type {BetterSqlite3.Database[]} what nobody holds is collected, and closed by that */
const held = [];
/** @type {Worker | undefined} */
let worker;

self.on('message', (/** @type {Request} */ request) => {
  if (request.type === 'sync') worker?.postMessage(request.authToken);
  else open(request.settings);
});

/** @param {Settings} settings */
function open(settings) {
  try {
    held.push(takeLock(`${settings.path}.lock`));
  } catch (error) {
    const { code, message } = /** @type {{ code?: string, message: string }} */ (error);
    self.send?.({ type: 'refused', isLocked: `${code}`.startsWith('SQLITE_BUSY'), message });
    return;
  }
  if (settings.reset) for (const suffix of settings.suffixes) rmSync(settings.path + suffix, { force: true });
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
