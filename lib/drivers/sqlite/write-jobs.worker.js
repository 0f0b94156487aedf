// @ts-check
import { outOfRange } from './thread-values.worker.js';

/** How long a commit rests before it asks for its lock again, in milliseconds. */
const restMs = 2;

/**
 * Runs the writes of a thread, each in a transaction of its own.
 *
 * @param {import('better-sqlite3').Database} db
 * @param {Int32Array} marks see thread-protocol.ts
 */
export function createWrites(db, marks) {
  // who waits for a lock is the other side, which knows of deadlines
  db.pragma('busy_timeout = 0');
  db.exec('CREATE TEMP TABLE IF NOT EXISTS nestjs_turso_rowid (id INTEGER PRIMARY KEY)');
  // for a statement that inserts nothing, as SqliteHandle does it
  const forgetRowid = db.prepare('INSERT OR REPLACE INTO temp.nestjs_turso_rowid (id) VALUES (0)');
  const readCounts = db.prepare('SELECT changes(), last_insert_rowid()').safeIntegers(true).raw(true);

  return {
    /**
     * @template {{ counts: [bigint, bigint] | undefined }} T
     * @param {number} id
     * @param {() => T} work runs the statement to its end
     * @param {() => void} stop leaves it
     */
    run(id, work, stop) {
      forgetRowid.run();
      db.exec('BEGIN IMMEDIATE');
      try {
        // its caller may have gone while it waited for the lock
        if (Atomics.load(marks, 3) !== 0) throw nobodyWaits();
        const result = attempt(id, work, stop);
        result.counts = /** @type {[bigint, bigint]} */ (readCounts.get());
        commit(id);
        return result;
      } finally {
        if (db.inTransaction) rollBack();
      }
    },
  };

  /**
   * `OR FAIL` keeps what it did before the conflict, as outside of a transaction; after any other conflict there is nothing to keep. An
   * integer that cannot be told is no fault of what was written.
   *
   * @template T
   * @param {number} id @param {() => T} work @param {() => void} stop
   */
  function attempt(id, work, stop) {
    try {
      return work();
    } catch (error) {
      stop();
      const code = String(/** @type {{ code?: unknown }} */ (error).code);
      const mayKeep = error === outOfRange || code.startsWith('SQLITE_CONSTRAINT');
      if (db.inTransaction && mayKeep) commit(id);
      throw error;
    }
  }

  /**
   * With a rollback journal a commit waits until nobody reads. While it does nothing of it is in the file, so it can still be given up.
   *
   * @param {number} id
   */
  function commit(id) {
    while (!tryCommit(id)) Atomics.wait(marks, 3, 0, restMs);
  }

  /** @param {number} id @returns false when the lock was not free */
  function tryCommit(id) {
    if (Atomics.compareExchange(marks, 3, 0, id) !== 0) throw nobodyWaits();
    try {
      db.exec('COMMIT');
      return true;
    } catch (error) {
      const isLocked = /** @type {{ code?: unknown }} */ (error).code === 'SQLITE_BUSY' && db.inTransaction;
      if (!isLocked || Atomics.load(marks, 1) === id) throw error;
      Atomics.store(marks, 4, 1);
      Atomics.store(marks, 3, 0);
      Atomics.notify(marks, 3);
      return false;
    }
  }

  /** The first error is the one that counts. A handle that cannot roll back is of no use: it ends, and SQLite rolls back then. */
  function rollBack() {
    try {
      db.exec('ROLLBACK');
    } catch {
      if (db.inTransaction) process.exit(1);
    }
  }
}

function nobodyWaits() {
  return new Error('nobody waits for the statement');
}
