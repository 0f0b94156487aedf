import { describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, open as openFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createConnection, type DatabaseModuleOptions } from '../../lib/index.js';
import { failureOf, readColumn, readValue } from '../contract/facts.js';
import { createTempDatabase } from '../support/temp-database.js';
import { startChild } from './support/child.js';

/** A file made by somebody else, closed again. */
async function makeFile(...statements: string[]): Promise<string> {
  const { path } = await createTempDatabase();
  const db = new BetterSqlite3(path);
  for (const sql of statements) db.exec(sql);
  db.close();
  return path;
}

const open = (path: string, options: DatabaseModuleOptions = {}) =>
  createConnection({ url: `sqlite:${path}`, queryTimeoutMs: 2_000, ...options });
const books = ['CREATE TABLE books (name TEXT)', "INSERT INTO books VALUES ('old')"];

describe('an existing SQLite file', () => {
  it('in delete mode becomes a WAL database, and nothing else changes', async () => {
    const path = await makeFile(
      'PRAGMA page_size = 1024',
      'PRAGMA user_version = 5',
      'PRAGMA application_id = 6',
      ...books,
    );
    const db = open(path);
    const found = [
      await readValue(db, 'PRAGMA journal_mode'),
      await readValue(db, 'PRAGMA page_size'),
      await readValue(db, 'PRAGMA user_version'),
      await readValue(db, 'PRAGMA application_id'),
      await readColumn(db, 'SELECT name FROM sqlite_schema'),
    ];
    await db.close();

    expect(found).toEqual(['wal', 1024, 5, 6, ['books']]);
  });

  it.each(['delete', 'truncate', 'persist'])(
    'in %s mode stays so under journalMode keep, and works',
    async (mode) => {
      const path = await makeFile(`PRAGMA journal_mode = ${mode}`, ...books);
      const db = open(path, { sqlite: { journalMode: 'keep' } });
      await db.withTransaction(async (tx) => {
        await tx.execute("INSERT INTO books VALUES ('new')");
        await tx.execute("INSERT INTO books VALUES ('newer')");
      });
      const found = [
        await readValue(db, 'PRAGMA journal_mode'),
        await readColumn(db, 'SELECT name FROM books'),
      ];
      await db.close();

      expect(found).toEqual([
        mode === 'persist' || mode === 'truncate' ? 'delete' : mode,
        ['old', 'new', 'newer'],
      ]);
      expect(existsSync(`${path}-wal`)).toBe(false);
    },
  );

  it('in WAL mode stays so under journalMode keep', async () => {
    const db = open(await makeFile('PRAGMA journal_mode = wal', ...books), {
      sqlite: { journalMode: 'keep' },
    });
    const mode = await readValue(db, 'PRAGMA journal_mode');
    await db.close();

    expect(mode).toBe('wal');
  });

  it('with an unfinished WAL of a killed process shows what that had committed', async () => {
    const path = await makeFile('PRAGMA journal_mode = wal', ...books);
    const writer = new BetterSqlite3(path);
    writer.exec("INSERT INTO books VALUES ('in the WAL')");
    const db = open(path);
    const names = await readColumn(db, 'SELECT name FROM books');
    await db.close();
    writer.close();

    expect(names).toEqual(['old', 'in the WAL']);
  });

  it('that violates foreign keys is read and repaired as it is', async () => {
    const path = await makeFile(
      'PRAGMA foreign_keys = OFF',
      'CREATE TABLE parents (id INTEGER PRIMARY KEY)',
      'CREATE TABLE children (id INTEGER PRIMARY KEY, parent REFERENCES parents (id))',
      'INSERT INTO children VALUES (1, 99)',
    );
    const db = open(path);
    const violations = (await db.execute('PRAGMA foreign_key_check')).rows.length;
    await db.execute('UPDATE children SET id = 2');
    const failure = await failureOf(db.execute('INSERT INTO children VALUES (3, 98)'));
    await db.execute('DELETE FROM children');
    await db.close();

    expect([violations, failure.extendedCode]).toEqual([1, 'SQLITE_CONSTRAINT_FOREIGNKEY']);
  });

  it('that is empty is a new database', async () => {
    const { path } = await createTempDatabase();
    await writeFile(path, '');
    const db = open(path);
    await db.batch(books, 'write');
    await db.close();

    expect(existsSync(path)).toBe(true);
  });

  it.each(['wal', 'keep'] as const)(
    'that is no database is corrupt (journalMode %s)',
    async (journalMode) => {
      const { path } = await createTempDatabase();
      await writeFile(path, 'This is a letter, not a database.'.repeat(200));
      const db = open(path, { sqlite: { journalMode } });
      const failure = await failureOf(db.execute('SELECT * FROM books'));
      const again = await failureOf(db.execute('SELECT * FROM books'));
      await db.close();

      expect(failure).toMatchObject({ code: 'SQLITE_NOTADB', kind: 'corrupt', outcome: 'not-applied' });
      expect(again.code).toBe('SQLITE_NOTADB');
    },
  );

  it('whose pages are damaged says so', async () => {
    const path = await makeFile(
      'CREATE TABLE t (a)',
      'INSERT INTO t SELECT zeroblob(4000) FROM pragma_function_list',
    );
    const file = await openFile(path, 'r+');
    await file.write(Buffer.alloc(16_384, 0xa5), 0, 16_384, 4_096);
    await file.close();
    const db = open(path);
    const failure = await failureOf(db.execute('SELECT count(a) FROM t'));
    await db.close();

    expect(failure).toMatchObject({ code: 'SQLITE_CORRUPT', kind: 'corrupt' });
  });

  it('that may not be written is read, and refuses to be written', async () => {
    const path = await makeFile(...books);
    await chmod(path, 0o444);
    for (const folder of [dirname(path), dirname(dirname(path))]) await chmod(folder, 0o711);
    // root may write everything, so the child becomes nobody once it has loaded the driver
    const child = startChild(
      `
      const loaded = createConnection({ url: ':memory:' });
      await loaded.execute('SELECT 1');
      await loaded.close();
      if (process.getuid() === 0) process.setuid(65534);
      const db = createConnection({ url: process.env.URL });
      const codeOf = (call) => call.then(() => 'written', (error) => [error.code, error.kind, error.outcome]);
      print((await db.execute('SELECT name FROM books')).rows[0].name);
      print((await db.withTransaction((tx) => tx.execute('SELECT name FROM books'), { mode: 'read' })).rows.length);
      print(await codeOf(db.execute("INSERT INTO books VALUES ('new')")));
      print(await codeOf(db.withTransaction((tx) => tx.execute("INSERT INTO books VALUES ('new')"))));
      await db.close();`,
      { URL: `sqlite:${path}` },
    );
    const refused = ['SQLITE_READONLY', 'read-only', 'not-applied'];

    expect(await child.ended).toEqual(['old', 1, refused, refused]);
    expect(readdirSync(dirname(path))).toEqual(['test.db']);
  });
});

describe('sqlite.pragmas', () => {
  it('hold on every handle, and for a new file those that shape it', async () => {
    const { url } = await createTempDatabase();
    const pragmas = {
      page_size: 8_192,
      encoding: 'UTF-16le',
      case_sensitive_like: true,
      recursive_triggers: 'on',
    };
    const db = createConnection({ url, sqlite: { pragmas } });
    const like = "SELECT 'a' LIKE 'A'";
    const found = [
      await readValue(db, 'PRAGMA page_size'),
      await readValue(db, 'PRAGMA encoding'),
      await readValue(db, 'PRAGMA journal_mode'),
      await readValue(db, like),
      await db.withTransaction((tx) => readValue(tx, like)),
      await db.withTransaction((tx) => readValue(tx, like), { mode: 'read' }),
    ];
    await db.close();

    expect(found).toEqual([8_192, 'UTF-16le', 'wal', 0, 0, 0]);
  });
});

describe('a path', () => {
  it('gets the folders that it lacks', async () => {
    const { folder } = await createTempDatabase();
    const db = open(join(folder, 'a/b/c.db'));
    await db.execute('CREATE TABLE t (a)');
    await db.close();

    expect(readdirSync(join(folder, 'a/b'))).toEqual(['c.db']);
  });

  it('that is a folder is refused, and says where it comes from', async () => {
    const { folder } = await createTempDatabase();
    const db = open(folder);
    const failure = await failureOf(db.execute('SELECT 1'));
    await db.close();

    expect(failure).toMatchObject({ code: 'SQLITE_CANTOPEN', kind: 'configuration', outcome: 'not-applied' });
    expect(failure.message).toContain(`The option "url" names a folder, not a file: ${folder}`);
  });

  it('that leads through a file is refused', async () => {
    const path = await makeFile(...books);
    const db = open(join(path, 'inner.db'));
    const failure = await failureOf(db.execute('SELECT 1'));
    await db.close();

    expect(failure).toMatchObject({ code: 'SQLITE_CANTOPEN', kind: 'configuration' });
  });

  it('that was wrong works as soon as it is right', async () => {
    const { folder, path } = await createTempDatabase();
    await mkdir(path);
    const db = open(path);
    await failureOf(db.execute('SELECT 1'));
    await rename(path, join(folder, 'moved'));

    expect(await readValue(db, 'SELECT 1')).toBe(1);
    await db.close();
  });
});

describe('a file that is removed underneath', () => {
  it('never comes back empty, and is created anew by a reconnect', async () => {
    const path = await makeFile(...books);
    const db = open(path);
    await db.execute('SELECT 1');
    for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true });
    const snapshot = await failureOf(db.withTransaction((tx) => tx.execute('SELECT 1'), { mode: 'read' }));
    const exists = existsSync(path);
    await db.close();
    db.reconnect();
    const tables = await readColumn(db, 'SELECT name FROM sqlite_schema');
    await db.close();

    expect([exists, tables]).toEqual([false, []]);
    expect(snapshot).toMatchObject({ code: 'FILE_MOVED', kind: 'unavailable' });
  });
});
