import { describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createConnection, type DatabaseConnection, type DatabaseModuleOptions } from '../../lib/index.js';
import { failureOf, readColumn } from '../contract/facts.js';
import { createTempDatabase, type TempDatabase } from '../support/temp-database.js';

const insert = (name: string): string => `INSERT INTO books VALUES ('${name}')`;
const select = 'SELECT name FROM books ORDER BY rowid';
const noticed = 150;
/** Long enough for the folder alone to tell. */
const folderRestMs = 300;
const moment = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const open = (path: string, options: DatabaseModuleOptions = {}): DatabaseConnection =>
  createConnection({ url: `sqlite:${path}`, queryTimeoutMs: 5_000, ...options });

/** An open connection with a row in its log. */
async function openBooks(
  options?: DatabaseModuleOptions,
): Promise<TempDatabase & { db: DatabaseConnection }> {
  const database = await createTempDatabase();
  const db = open(database.path, options);
  await db.execute('CREATE TABLE books (name TEXT)');
  await db.execute(insert('kept'));
  return { ...database, db };
}

/** Another database with the same table, as a restore or a deployment brings it. */
async function makeBackup(path: string): Promise<string> {
  const backup = new BetterSqlite3(`${path}.backup`);
  backup.exec(`CREATE TABLE other (a); CREATE TABLE books (name TEXT); ${insert('restored')}`);
  backup.close();
  return `${path}.backup`;
}

function readRaw(path: string): unknown[] {
  const raw = new BetterSqlite3(path, { fileMustExist: true });
  const found = raw.prepare(select).pluck().all();
  const [check] = raw.pragma('integrity_check') as [{ integrity_check: string }];
  raw.close();
  return [...found, check.integrity_check];
}

/** What people and scripts do to files, each with the file that the error names. */
const moves: [string, string, (path: string) => Promise<void>][] = [
  ['deleted', '', (path) => rm(path)],
  [
    'deleted with its log',
    '',
    async (path) => void (await Promise.all(sidesOf(path).map((name) => rm(name)))),
  ],
  ['replaced', '', async (path) => rename(await makeBackup(path), path)],
  ['moved away', '', (path) => rename(path, `${path}.old`)],
  ['the log deleted', '-wal', (path) => rm(`${path}-wal`)],
  [
    'the log replaced',
    '-wal',
    async (path) => {
      await rm(`${path}-wal`);
      await writeFile(`${path}-wal`, '');
    },
  ],
  ['the index of the log deleted', '-shm', (path) => rm(`${path}-shm`)],
];
const sidesOf = (path: string): string[] => [path, `${path}-wal`, `${path}-shm`];

describe('a database whose files are moved under the process', () => {
  it.each([
    ['of one caller', 1],
    // the first at once, the others with one commit
    ['of several', 3],
  ])('notices it behind a commit %s, long after the folder has come to rest', async (_who, callers) => {
    const opened = await Promise.all(moves.map(() => openBooks()));
    const write = (db: DatabaseConnection, name: string): Promise<unknown>[] =>
      Array.from({ length: callers }, () => db.execute('INSERT INTO books VALUES (?)', [name]));
    const writeThrice = async (db: DatabaseConnection): Promise<void> => {
      for (let times = 0; times < 3; times++) await Promise.all(write(db, 'kept'));
    };
    await Promise.all(opened.map(({ db }) => writeThrice(db)));
    await moment(folderRestMs);
    const failures = [];
    for (const [index, [, , move]] of moves.entries()) {
      const { db, path } = opened[index] as (typeof opened)[number];
      await writeThrice(db);
      // the look before a write was a moment ago
      await move(path);
      failures.push(...(await Promise.all(write(db, 'lost').map(failureOf))));
      await db.close();
    }

    expect(failures).toHaveLength(moves.length * callers);
    for (const failure of failures)
      expect(failure).toMatchObject({ code: 'FILE_MOVED', kind: 'unavailable' });
  });

  it('notices it at the end of a link that was put in the place of the file', async () => {
    const { db, path } = await openBooks();
    const elsewhere = (await createTempDatabase()).path;
    await rename(path, elsewhere);
    await symlink(elsewhere, path);
    await db.execute(insert('kept'));
    await moment(folderRestMs);
    await db.execute(insert('kept'));
    await rm(elsewhere);
    const failure = await failureOf(db.execute(insert('lost')));
    await db.close();

    expect(failure).toMatchObject({ code: 'FILE_MOVED', kind: 'unavailable' });
  });

  describe.each(moves)('%s', (_name, suffix, move) => {
    const moved = { code: 'FILE_MOVED', kind: 'unavailable' };

    it.each([
      ['a statement', (db: DatabaseConnection) => db.execute(insert('lost'))],
      ['a batch', (db: DatabaseConnection) => db.batch([insert('lost')], 'write')],
      ['a migration', (db: DatabaseConnection) => db.migrate([insert('lost')])],
      ['a script', (db: DatabaseConnection) => db.executeMultiple(`${insert('lost')}; ${insert('lost')}`)],
      ['a transaction', (db: DatabaseConnection) => db.withTransaction((tx) => tx.execute(insert('lost')))],
      [
        'a deferred transaction',
        (db: DatabaseConnection) =>
          db.withTransaction((tx) => tx.execute(insert('lost')), { mode: 'deferred' }),
      ],
    ])('%s is not acknowledged', async (_write, write) => {
      const { db, path } = await openBooks();
      await move(path);
      const first = await failureOf(write(db));
      const second = await failureOf(write(db));
      await db.close();

      // noticed before it began, or after SQLite had committed it into a file without a name
      expect(first).toMatchObject({ ...moved, outcome: expect.stringMatching(/^(not-applied|unknown)$/) });
      expect(second).toMatchObject({ ...moved, outcome: 'not-applied' });
      expect(first.message).toContain(`the file ${path}${suffix} was `);
      expect(first.message).toContain('reconnect() or restart');
    });

    it('a transaction that was begun before is not acknowledged, nor run again', async () => {
      const { db, path } = await openBooks();
      let runs = 0;
      const failure = await failureOf(
        db.withTransaction(async (tx) => {
          runs++;
          await tx.execute(insert('lost'));
          await move(path);
        }),
      );
      await db.close();

      expect([failure.outcome, failure.kind, runs]).toEqual(['unknown', 'unavailable', 1]);
    });

    it('reads and the health check notice it too, until somebody reconnects', async () => {
      const { db, path } = await openBooks();
      await move(path);
      const failures = [await failureOf(db.ping())];
      failures.push(await failureOf(db.execute(select)));
      failures.push(await failureOf(db.transaction('read')));
      failures.push(await failureOf(db.execute(select)));
      db.reconnect();
      await db.execute('CREATE TABLE IF NOT EXISTS books (name TEXT)');
      await db.execute(insert('new'));
      await db.ping();
      const found = await readColumn(db, select);
      await db.close();

      for (const failure of failures) expect(failure).toMatchObject({ ...moved, outcome: 'not-applied' });
      expect(found.at(-1)).toBe('new');
      expect(readRaw(path)).toEqual([...found, 'ok']);
    });
  });

  it('is noticed by reads alone', async () => {
    const { db, path } = await openBooks();
    await rename(await makeBackup(path), path);
    await moment(noticed);
    const failure = await failureOf(db.execute(select));
    await db.close();

    expect(failure).toMatchObject({ code: 'FILE_MOVED', outcome: 'not-applied' });
  });

  it('reads the restored file after reconnect(), and nothing of the log of the one before', async () => {
    const { db, path } = await openBooks();
    for (let n = 0; n < 50; n++) await db.execute(insert(`n${n}`));
    await rename(path, `${path}.old`);
    await rename(await makeBackup(path), path);
    await failureOf(db.ping());
    db.reconnect();
    const found = await readColumn(db, select);
    const tables = await readColumn(db, 'SELECT name FROM sqlite_schema ORDER BY name');
    await db.close();

    expect([found, tables]).toEqual([['restored'], ['books', 'other']]);
    expect(readRaw(path)).toEqual(['restored', 'ok']);
    // the file that was moved away has every row that was acknowledged
    expect(readRaw(`${path}.old`)).toHaveLength(52);
  });

  it('lets a new connection wait until the former file is closed', async () => {
    const { db, path } = await openBooks();
    const other = open(path, { queryTimeoutMs: 30_000 });
    await other.open();
    await rename(await makeBackup(path), path);
    await failureOf(other.ping());
    other.reconnect();
    const tooEarly = await failureOf(other.execute({ sql: select, timeoutMs: 300 }));
    await db.close();
    const found = await readColumn(other, select);
    await other.close();

    expect(tooEarly).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
    expect(found).toEqual(['restored']);
  });

  it('is noticed when the whole folder is replaced', async () => {
    const { db, folder, path } = await openBooks();
    await rename(folder, `${folder}.old`);
    const failure = await failureOf(db.execute(insert('lost')));
    await mkdir(folder);
    await db.close();
    const found = readRaw(path.replace(folder, `${folder}.old`));
    await rm(`${folder}.old`, { recursive: true });

    expect(failure).toMatchObject({ code: 'FILE_MOVED', kind: 'unavailable' });
    expect(found.at(-1)).toBe('ok');
  });
});

describe('a database whose files are in place', () => {
  it('may be emptied, compacted, and opened and closed by others', async () => {
    const { db, path } = await openBooks();
    for (let n = 0; n < 3; n++) {
      await db.execute('PRAGMA wal_checkpoint(TRUNCATE)');
      await db.execute('VACUUM');
      const other = new BetterSqlite3(path);
      other.exec(insert('theirs'));
      other.pragma('wal_checkpoint(TRUNCATE)');
      other.close();
      await db.execute(insert('mine'));
      await db.ping();
    }
    const found = await readColumn(db, select);
    await db.close();

    expect(found).toHaveLength(7);
  });

  it('may change between rollback mode and WAL mode while nobody here uses a log', async () => {
    const { db, path } = await openBooks({ sqlite: { journalMode: 'keep' } });
    for (const mode of ['wal', 'delete', 'wal']) {
      const other = new BetterSqlite3(path);
      other.pragma(`journal_mode = ${mode}`);
      other.exec(insert('theirs'));
      other.close();
    }
    await db.execute(insert('mine'));
    const found = await readColumn(db, select);
    await rm(`${path}-wal`);
    const failure = await failureOf(db.ping());
    await db.close();

    expect(found).toEqual(['kept', 'theirs', 'theirs', 'theirs', 'mine']);
    expect(failure).toMatchObject({ code: 'FILE_MOVED', kind: 'unavailable' });
  });

  it.each([':memory:', 'a temporary file'])('%s has nothing to lose', async (url) => {
    const db = url === ':memory:' ? createConnection({ url }) : createConnection();
    await db.execute('CREATE TABLE books (name TEXT)');
    await db.execute(insert('mine'));
    await db.ping();
    const found = await readColumn(db, select);
    await db.close();

    expect(found).toEqual(['mine']);
  });
});
