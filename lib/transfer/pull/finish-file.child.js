// @ts-check
/**
 * Creates what stands on the rows of a new file and checks it, in a process of its own: a long statement would hold up everybody else.
 * @typedef {{ path: string, objects: readonly { type: string, name: string, sql: string }[] }} Job
 */
import BetterSqlite3 from 'better-sqlite3';
import { setImmediate } from 'node:timers/promises';

// nobody is left who would move the file to its place
const giveUp = () => process.exit(1);
process.on('disconnect', giveUp);

process.once('message', async (/** @type {Job} */ { path, objects }) => {
  let current = '';
  try {
    const db = new BetterSqlite3(path);
    // a kill leaves it as it was filled: the next pull goes on from there
    for (const pragma of ['journal_mode = TRUNCATE', 'synchronous = OFF']) db.pragma(pragma);
    const find = db.prepare('SELECT 1 FROM sqlite_schema WHERE type = ? AND name = ?');
    db.exec('BEGIN');
    for (const { type, name, sql } of objects) {
      current = name;
      // of an earlier pull that was interrupted behind this
      if (find.get(type, name) === undefined) db.exec(sql);
      // lets a disconnect be heard
      await setImmediate();
    }
    db.exec('COMMIT');
    current = '';
    // whoever waits reads the file beside the check
    process.send?.({ note: 'created' });
    const isIntact = checkIntegrity(db);
    db.close();
    process.off('disconnect', giveUp);
    process.send?.({ done: { isIntact } }, () => process.disconnect());
  } catch (error) {
    const { code, message } = /** @type {{ code: unknown, message: string }} */ (error);
    process.off('disconnect', giveUp);
    process.send?.({ failed: { code, message, detail: current } }, () => process.disconnect());
  }
});

/**
 * Rows may break a rule of their own, here as there.
 * @param {import('better-sqlite3').Database} db
 */
function checkIntegrity(db) {
  for (const row of db.prepare('PRAGMA integrity_check').raw(true).iterate()) {
    const [found] = /** @type {[string]} */ (row);
    if (found !== 'ok' && !found.startsWith('CHECK constraint failed')) return false;
  }
  return true;
}
