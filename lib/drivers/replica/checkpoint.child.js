// @ts-check
// Empties the log of a replica, in a process of its own: the parent must not wait for the disk, and the process in which libSQL has the
// file open must not open it by another library.
import BetterSqlite3 from 'better-sqlite3';

const { process: self } = globalThis;

self.once('message', (/** @type {{ path: string, timeoutMs: number }} */ { path, timeoutMs }) => {
  /** @param {object} answer */
  const answer = (answer) => self.send?.(answer, () => self.connected && self.disconnect());
  try {
    const database = new BetterSqlite3(path, { timeout: timeoutMs, fileMustExist: true });
    const [result] = /** @type {{ busy: number }[]} */ (database.pragma('wal_checkpoint(TRUNCATE)'));
    database.close();
    answer({ done: result?.busy === 0 });
  } catch (error) {
    const { code, message } = /** @type {Error & { code?: string }} */ (error);
    answer({ failed: { code, message, detail: undefined } });
  }
});
