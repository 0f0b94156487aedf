// @ts-check
// Empties the log of a replica, in a process of its own: the parent must not wait for the disk, and the process in which libSQL has the
// file open must not open it by another library.
import BetterSqlite3 from 'better-sqlite3';

const { process: self } = globalThis;

self.on('disconnect', () => self.kill(self.pid, 'SIGKILL'));

self.on('message', (/** @type {{ path: string, timeoutMs: number }} */ { path, timeoutMs }) => {
  try {
    const database = new BetterSqlite3(path, { timeout: timeoutMs, fileMustExist: true });
    const [result] = /** @type {{ busy: number }[]} */ (database.pragma('wal_checkpoint(TRUNCATE)'));
    database.close();
    self.send?.({ isDone: result?.busy === 0 });
  } catch (error) {
    self.send?.({ isDone: false, message: /** @type {Error} */ (error).message });
  }
});
