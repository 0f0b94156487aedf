// @ts-check
// Empties the log of a replica, in a process of its own: the parent must not wait for the disk, and the process in which libSQL has the
// file open must not open it by another library. SQLite runs in a worker, so that the main thread sees at once when the parent is gone.
import BetterSqlite3 from 'better-sqlite3';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const { process: self } = globalThis;

/**
 * @param {{ path: string, timeoutMs: number }} job
 * @returns {object} the answer
 */
function emptyLog({ path, timeoutMs }) {
  try {
    const database = new BetterSqlite3(path, { timeout: timeoutMs, fileMustExist: true });
    const [result] = /** @type {{ busy: number }[]} */ (database.pragma('wal_checkpoint(TRUNCATE)'));
    database.close();
    return { done: result?.busy === 0 };
  } catch (error) {
    return toFailure(error);
  }
}

/** @param {unknown} error */
function toFailure(error) {
  const { code, message } = /** @type {Error & { code?: string }} */ (error);
  return { failed: { code, message, detail: undefined } };
}

if (isMainThread) {
  const giveUp = () => self.kill(self.pid, 'SIGKILL');
  // an orphan would go on beside the next process that takes the replica
  self.on('disconnect', giveUp);
  self.once('message', (job) => {
    /** @param {object} answer */
    const answer = (answer) => {
      self.off('disconnect', giveUp);
      self.send?.(answer, () => self.connected && self.disconnect());
    };
    const worker = new Worker(new URL(import.meta.url), { workerData: job });
    worker.once('message', answer);
    worker.once('error', (error) => answer(toFailure(error)));
  });
} else {
  parentPort?.postMessage(emptyLog(workerData));
}
