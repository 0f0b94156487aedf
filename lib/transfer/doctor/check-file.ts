import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseError } from '../../errors/database-error.js';
import { openSnapshotDatabase, type SnapshotDatabase } from '../source/snapshot-database.js';
import { fail, ok, toMebibytes, warn, type Finding } from './finding.js';

/** A log of this size is one that somebody keeps from being emptied, in bytes. */
const longLog = 67_108_864;

/** Looks at a SQLite file: what it is, and what stands in the way of a transfer or a backup. Writes nothing. */
export async function checkFile(path: string): Promise<Finding[]> {
  let database: SnapshotDatabase | undefined;
  try {
    database = await openSnapshotDatabase(path);
    // the header is read with the first statement
    readValue(database, 'SELECT count(*) FROM sqlite_schema');
  } catch (error) {
    database?.close();
    return [fail('readable', error instanceof DatabaseError ? error.message : 'it cannot be opened')];
  }
  try {
    const size = Number(
      readValue(database, 'SELECT page_count * page_size FROM pragma_page_count, pragma_page_size'),
    );
    return [
      ok('SQLite', readValue(database, 'SELECT sqlite_version()')),
      ok('size', toMebibytes(size)),
      ...checkFormat(database),
      await checkLog(path),
      await checkSpace(path, size),
      ...checkRows(database),
    ];
  } finally {
    database.close();
  }
}

function checkFormat(database: SnapshotDatabase): Finding[] {
  const read = (name: string): string => readValue(database, `SELECT * FROM pragma_${name}`);
  const [journal, encoding, pages, free] = ['journal_mode', 'encoding', 'page_count', 'freelist_count'].map(
    read,
  );
  const share = Math.round((Number(free) / Math.max(1, Number(pages))) * 100);
  return [
    journal === 'wal'
      ? ok('journal mode', 'wal')
      : warn('journal mode', `${journal}: writers wait while a copy or a backup reads`),
    encoding === 'UTF-8' ? ok('encoding', encoding) : warn('encoding', `${encoding}: a copy has UTF-8`),
    ok('page size', read('page_size')),
    share > 25
      ? warn('free pages', `${share} % of the file: VACUUM makes it smaller`)
      : ok('free pages', `${share} % of the file`),
    ok('foreign keys', 'set by each connection; a copy keeps every row'),
  ];
}

async function checkLog(path: string): Promise<Finding> {
  const found = await stat(`${path}-wal`).catch(() => undefined);
  if (found === undefined) return ok('log', 'none');
  const text = toMebibytes(found.size);
  return found.size > longLog ? warn('log', `${text}: somebody reads all the time`) : ok('log', text);
}

async function checkSpace(path: string, size: number): Promise<Finding> {
  const { bavail, bsize } = await statfs(dirname(path));
  const free = bavail * bsize;
  const text = `${toMebibytes(free)} beside the file`;
  return free < size
    ? warn('free space', `${text}: not enough for a snapshot of it`)
    : ok('free space', text);
}

function checkRows(database: SnapshotDatabase): Finding[] {
  const orphans = attempt(() => readValue(database, 'SELECT count(*) FROM pragma_foreign_key_check'));
  const check = attempt(() => readValue(database, 'PRAGMA quick_check(1)'));
  return [
    orphans === undefined
      ? warn('references', 'they cannot be checked: one points to columns that are not unique')
      : Number(orphans) === 0
        ? ok('references', 'ok')
        : warn('references', `${orphans} rows point to rows that are not there`),
    checkQuickly(check),
  ];
}

function checkQuickly(answer: string | undefined): Finding {
  if (answer === 'ok') return ok('quick check', 'ok');
  if (answer === undefined)
    return warn('quick check', 'left out: an index needs a function or a collation of the application');
  if (/^(CHECK constraint failed|NULL value) in /.test(answer))
    return warn('quick check', 'a row breaks a rule of its own table');
  return fail('quick check', 'the database is damaged');
}

function readValue(database: SnapshotDatabase, sql: string): string {
  return String(database.all<[string | bigint]>(sql)[0]?.[0]);
}

/** @returns undefined when SQLite cannot compile it */
function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DatabaseError && error.kind === 'syntax') return undefined;
    throw error;
  }
}
