// @ts-check
/**
 * Creates what stands on the rows of a new file and checks it, in a process of its own: a long statement would hold up everybody else.
 * @typedef {{ path: string, objects: readonly { name: string, sql: string }[] }} Job
 */
import BetterSqlite3 from 'better-sqlite3';

process.once('message', (/** @type {Job} */ { path, objects }) => {
  let current = '';
  try {
    const db = new BetterSqlite3(path);
    // until it is finished it is nobody's database
    for (const pragma of ['journal_mode = OFF', 'synchronous = OFF']) db.pragma(pragma);
    db.exec('BEGIN');
    for (const { name, sql } of objects) {
      current = name;
      db.exec(sql);
    }
    db.exec('COMMIT');
    current = '';
    const isIntact = checkIntegrity(db);
    db.close();
    process.send?.({ done: { isIntact } }, () => process.disconnect());
  } catch (error) {
    const { code, message } = /** @type {{ code: unknown, message: string }} */ (error);
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
