// @ts-check
/**
 * Copies a SQLite file in a process of its own, which can be killed: native work blocks its thread, and nothing else ends it.
 * @typedef {{ source: string, copy: string, verify: boolean, busyTimeoutMs: number }} Job
 * @typedef {{ name: string, rows: number, digest: string }} Table
 * @typedef {{ tables: Table[], unread: string[] }} Hashed
 */
import BetterSqlite3 from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Pages between two looks at the parent. */
const pagesPerStep = 2_000;

/** Values of one result: SQLite allows 2,000 columns, and each value takes two. */
const columnsPerQuery = 900;

process.once('message', (/** @type {Job} */ job) => {
  // nobody is left who would move the copy to its place
  const giveUp = () => {
    remove(job.copy);
    process.exit(1);
  };
  /** @param {object} answer */
  const answer = (answer) => {
    process.off('disconnect', giveUp);
    process.send?.(answer, () => process.disconnect());
  };
  process.on('disconnect', giveUp);
  copyFile(job).then(
    (done) => answer({ done }),
    ({ code, message, detail }) => answer({ failed: { code, message, detail } }),
  );
});

/** @param {Job} job */
async function copyFile({ source, copy, verify, busyTimeoutMs }) {
  const from = new BetterSqlite3(source, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  // one read transaction for the copy and the digests: both see the same moment, and no write starts the copy anew
  from.exec('BEGIN');
  from.prepare('SELECT 1 FROM sqlite_schema').get();
  await assertSpace(from, dirname(copy));
  await from.backup(copy, {
    progress({ totalPages, remainingPages }) {
      process.send?.({ note: { pages: totalPages - remainingPages, of: totalPages } });
      return pagesPerStep;
    },
  });
  /** @type {Hashed} */
  const nothing = { tables: [], unread: [] };
  const expected = verify ? hashTables(from) : nothing;
  // of an empty database a copy has its first page
  const pages = Math.max(countPages(from), 1);
  from.exec('COMMIT');
  from.close();

  // somebody may have removed it
  const to = new BetterSqlite3(copy, { fileMustExist: true });
  if (countPages(to) !== pages) throw fail('COPY_DIFFERS', 'the copy differs from the database', 'its pages');
  // a single file, which can be read where nothing may be written
  to.pragma('journal_mode = DELETE');
  const checked = checkIntegrity(to);
  const { tables, unread } = verify ? hashTables(to) : nothing;
  to.close();
  const differs = expected.tables.find(({ digest }, index) => tables[index]?.digest !== digest);
  if (differs !== undefined || expected.tables.length !== tables.length)
    throw fail('COPY_DIFFERS', 'the copy differs from the database', `table ${differs?.name}`);
  return { checked, tables, unread };
}

/**
 * @param {import('better-sqlite3').Database} db
 * @param {string} folder
 */
async function assertSpace(db, folder) {
  const pages = countPages(db);
  const size = Number(db.pragma('page_size', { simple: true }));
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= pages * size) return;
  const [needed, free] = [pages * size, bavail * bsize].map((bytes) => Math.ceil(bytes / 1_048_576));
  throw fail('NO_SPACE', 'not enough space', `${needed} MiB are needed in ${folder}, ${free} MiB are free`);
}

/** @param {import('better-sqlite3').Database} db */
function countPages(db) {
  return Number(db.pragma('page_count', { simple: true }));
}

/**
 * One index that needs a function or a collation of the application ends the check of the whole file: then table by table.
 * @param {import('better-sqlite3').Database} db
 * @returns whether all of it could be checked
 */
function checkIntegrity(db) {
  if (check(db, '2147483647')) return true;
  const names = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck(true).all();
  for (const name of ['sqlite_schema', ...names]) check(db, `'${String(name).replaceAll("'", "''")}'`);
  return false;
}

/**
 * Rows that break a rule of their own table are rows; what else is found is damage.
 * @param {import('better-sqlite3').Database} db
 * @param {string} what
 * @returns whether it could be checked
 */
function check(db, what) {
  const rule = /^(ok$|CHECK constraint failed in |NULL value in |\S+ value in )/;
  try {
    for (const row of db.prepare(`PRAGMA main.integrity_check(${what})`).raw(true).iterate()) {
      const [found] = /** @type {[string]} */ (row);
      if (!rule.test(found)) throw fail('SQLITE_CORRUPT', 'the database is damaged', undefined);
    }
    return true;
  } catch (error) {
    const { code } = /** @type {{ code: string }} */ (error);
    if (code === 'SQLITE_ERROR' || code === 'SQLITE_ERROR_MISSING_COLLSEQ') return false;
    throw error;
  }
}

/**
 * @param {import('better-sqlite3').Database} db
 * @returns {Hashed}
 */
function hashTables(db) {
  const names = db
    .prepare(
      `SELECT s.name, l.wr FROM sqlite_schema s JOIN pragma_table_list l ON l.schema = 'main' AND l.name = s.name
        WHERE s.type = 'table' AND s.rootpage > 0 ORDER BY s.rowid`,
    )
    .raw(true)
    .all();
  /** @type {Hashed} */
  const hashed = { tables: [], unread: [] };
  for (const row of names) {
    const [name, withoutRowid] = /** @type {[string, number]} */ (row);
    if (canRead(db, name)) hashed.tables.push(hashTable(db, name, withoutRowid === 1));
    else hashed.unread.push(name);
  }
  return hashed;
}

/**
 * A table that lies in the order of a collation which only the application has is read by nobody else.
 * @param {import('better-sqlite3').Database} db
 * @param {string} name
 */
function canRead(db, name) {
  try {
    db.prepare(`SELECT 1 FROM ${quote(name)} NOT INDEXED`);
    return true;
  } catch (error) {
    if (/^no (such collation sequence|query solution)/.test(/** @type {Error} */ (error).message))
      return false;
    throw error;
  }
}

/**
 * @param {import('better-sqlite3').Database} db
 * @param {string} name
 * @param {boolean} withoutRowid
 * @returns {Table}
 */
function hashTable(db, name, withoutRowid) {
  const columns = db
    .prepare('SELECT name FROM pragma_table_xinfo(?) WHERE hidden NOT IN (2, 3)')
    .pluck(true)
    .all(name);
  const lower = new Set(columns.map((column) => String(column).toLowerCase()));
  const rowid = withoutRowid ? undefined : ['rowid', '_rowid_', 'oid'].find((word) => !lower.has(word));
  const expressions = [...(rowid === undefined ? [] : [rowid]), ...columns.map((column) => quote(column))];
  const hash = createHash('sha3-256');
  let rows = 0;
  for (let at = 0; at < expressions.length; at += columnsPerQuery) {
    rows = 0;
    const values = expressions
      .slice(at, at + columnsPerQuery)
      .flatMap((value) => [
        `typeof(${value})`,
        `CASE typeof(${value}) WHEN 'text' THEN CAST(${value} AS BLOB) ELSE ${value} END`,
      ]);
    const select = db.prepare(`SELECT ${values.join(', ')} FROM ${quote(name)}`);
    for (const row of select.raw(true).safeIntegers(true).iterate()) {
      for (const value of /** @type {unknown[]} */ (row)) addValue(hash, value);
      rows++;
    }
  }
  return { name, rows, digest: hash.digest('hex') };
}

/**
 * @param {import('node:crypto').Hash} hash
 * @param {unknown} value
 */
function addValue(hash, value) {
  if (value instanceof Uint8Array) hash.update(`b${value.byteLength}:`).update(value);
  else if (typeof value === 'number') hash.update(new Uint8Array(new Float64Array([value]).buffer));
  else hash.update(`${String(value)};`);
}

/** @param {unknown} name */
function quote(name) {
  return `"${String(name).replaceAll('"', '""')}"`;
}

/**
 * @param {string} code
 * @param {string} message
 * @param {string | undefined} detail
 */
function fail(code, message, detail) {
  return Object.assign(new Error(message), { code, detail });
}

/** @param {string} path */
function remove(path) {
  for (const suffix of ['', '-journal']) rmSync(path + suffix, { force: true });
}
