import { describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { link, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection, type DatabaseConnection, type DatabaseModuleOptions } from '../../lib/index.js';
import { createLatch, failureOf, readColumn, readValue } from '../contract/facts.js';
import { createTempDatabase } from '../support/temp-database.js';
import { startChild } from './support/child.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const open = (path: string, options: DatabaseModuleOptions = {}): DatabaseConnection =>
  createConnection({ url: `sqlite:${path}`, queryTimeoutMs: 5_000, ...options });

async function makeBooks(): Promise<{ folder: string; path: string }> {
  const database = await createTempDatabase();
  const db = open(database.path);
  await db.execute('CREATE TABLE books (name TEXT)');
  await db.close();
  return database;
}

describe('two connections to one file', () => {
  /** Another name for the same file. */
  const names: [string, (folder: string, path: string) => Promise<string>][] = [
    ['the same name', async (_folder, path) => path],
    ['a path with detours', async (folder) => `${folder}/./nowhere/../test.db`],
    [
      'a symbolic link',
      async (folder, path) => linked(join(folder, 'link.db'), (name) => symlink(path, name)),
    ],
    [
      'a linked folder',
      async (folder) => join(await linked(`${folder}-link`, (name) => symlink(folder, name)), 'test.db'),
    ],
    ['a hard link', async (folder, path) => linked(join(folder, 'hard.db'), (name) => link(path, name))],
  ];
  const linked = async (name: string, make: (name: string) => Promise<void>): Promise<string> => {
    await make(name);
    return name;
  };

  describe.each(names)('under %s', (_name, findOther) => {
    it('write beside each other, and everything is there', async () => {
      const { folder, path } = await makeBooks();
      const pair = [open(path), open(await findOther(folder, path))] as const;
      await Promise.all(
        numbers(60).map((n) => pair[n % 2]!.execute('INSERT INTO books VALUES (?)', [`n${n}`])),
      );
      const counts = await Promise.all(pair.map((db) => readValue(db, 'SELECT count(*) FROM books')));
      for (const db of pair) await db.close();
      const raw = new BetterSqlite3(path);
      const check = raw.prepare('PRAGMA integrity_check').pluck().get();
      const kept = raw.prepare('SELECT count(*) FROM books').pluck().get();
      raw.close();

      expect([counts, check, kept]).toEqual([[60, 60], 'ok', 60]);
    });

    it('share a transaction, so that neither waits for the other', async () => {
      const { folder, path } = await makeBooks();
      const [db, other] = [open(path), open(await findOther(folder, path))];
      await other.execute('SELECT 1');
      await db.withTransaction(async () => {
        await other.execute("INSERT INTO books VALUES ('joined')");
        await other.withTransaction((nested) => nested.execute("INSERT INTO books VALUES ('nested')"));
        await db.execute("INSERT INTO books VALUES ('own')");
      });
      const undone = await failureOf(
        other.withTransaction(async () => {
          await db.execute("INSERT INTO books VALUES ('undone')");
          throw new Error('mine');
        }),
      );
      const found = await readColumn(db, 'SELECT name FROM books');
      await Promise.all([db.close(), other.close()]);

      expect([found, undone.message]).toEqual([['joined', 'nested', 'own'], 'mine']);
    });

    it('wait for each other’s transactions in order', async () => {
      const { folder, path } = await makeBooks();
      const [db, other] = [open(path), open(await findOther(folder, path))];
      const begun = createLatch();
      const goOn = createLatch();
      const first = db.withTransaction(async (tx) => {
        begun.open();
        await goOn.opened;
        await tx.execute("INSERT INTO books VALUES ('first')");
      });
      await begun.opened;
      const second = other.execute("INSERT INTO books VALUES ('second')");
      goOn.open();
      await Promise.all([first, second]);
      const found = await readColumn(db, 'SELECT name FROM books');
      await Promise.all([db.close(), other.close()]);

      expect(found).toEqual(['first', 'second']);
    });
  });

  it('go on when the other one closes', async () => {
    const { path } = await makeBooks();
    const [db, other] = [open(path), open(path)];
    await Promise.all([db.execute('SELECT 1'), other.execute('SELECT 1')]);
    const tx = await other.transaction('write');
    await tx.execute("INSERT INTO books VALUES ('undone')");
    const write = db.execute("INSERT INTO books VALUES ('a')");
    await other.close();
    await write;
    const found = await readColumn(db, 'SELECT name FROM books');
    await db.close();

    expect(found).toEqual(['a']);
  });
});

describe('two processes on one file', () => {
  const writeMany = `
    const db = createConnection({ url: process.env.URL, queryTimeoutMs: 30_000 });
    await db.open();
    print('open');
    const insert = (n) => n % 10 === 0
      ? db.withTransaction((tx) => tx.execute('INSERT INTO books VALUES (?)', [process.env.NAME + n]))
      : db.execute('INSERT INTO books VALUES (?)', [process.env.NAME + n]);
    for (let n = 0; n < 500; n += 5) await Promise.all([0, 1, 2, 3, 4].map((m) => insert(n + m)));
    await db.close();
    print('done');`;

  it('write 500 rows each beside each other, and everything is on the disk', async () => {
    const { path } = await makeBooks();
    const children = ['a', 'b'].map((NAME) => startChild(writeMany, { URL: `sqlite:${path}`, NAME }));
    await Promise.all(children.map((child) => child.ended));
    const raw = new BetterSqlite3(path);
    const found = raw.prepare('SELECT name FROM books').pluck().all();
    raw.close();

    expect(new Set(found)).toEqual(new Set(numbers(500).flatMap((n) => [`a${n}`, `b${n}`])));
    expect(found).toHaveLength(1_000);
  });

  it('keep every acknowledged row when one of them is killed in the middle', async () => {
    const { path } = await makeBooks();
    const child = startChild(
      `
      const db = createConnection({ url: process.env.URL });
      for (let n = 0; ; n++) {
        await db.execute('INSERT INTO books VALUES (?)', ['n' + n]);
        print(n);
      }`,
      { URL: `sqlite:${path}` },
    );
    await child.printed(200);
    child.process.kill('SIGKILL');
    await failureOf(child.ended);
    const acknowledged = child.lines.length;
    const db = open(path);
    const found = await readColumn(db, 'SELECT name FROM books ORDER BY rowid');
    const check = await readValue(db, 'PRAGMA integrity_check');
    await db.close();

    expect(acknowledged).toBeGreaterThanOrEqual(200);
    expect(found.slice(0, acknowledged)).toEqual(numbers(acknowledged).map((n) => `n${n}`));
    expect(check).toBe('ok');
  });

  it('do not block this one’s event loop while the other one holds the write lock', async () => {
    const { path } = await makeBooks();
    const child = startChild(
      `
      const db = createConnection({ url: process.env.URL });
      const tx = await db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('theirs')");
      print('held');
      await new Promise((resolve) => setTimeout(resolve, 600));
      await tx.commit();
      await db.close();`,
      { URL: `sqlite:${path}` },
    );
    await child.printed(1);
    const db = open(path);
    let longest = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    const impatient = failureOf(db.execute({ sql: "INSERT INTO books VALUES ('no')", timeoutMs: 100 }));
    const patient = db.execute("INSERT INTO books VALUES ('mine')");
    const read = await readColumn(db, 'SELECT name FROM books');
    await patient;
    clearInterval(watch);
    const found = await readColumn(db, 'SELECT name FROM books');
    await db.close();
    await child.ended;

    expect([read, found]).toEqual([[], ['theirs', 'mine']]);
    expect(await impatient).toMatchObject({ outcome: 'not-applied' });
    expect(longest).toBeLessThan(200);
  });

  it('give the gate back when the other one never lets a transaction begin', async () => {
    const { path } = await makeBooks();
    const other = new BetterSqlite3(path);
    const db = open(path);
    await db.open();
    other.exec("BEGIN IMMEDIATE; INSERT INTO books VALUES ('theirs')");
    const failures = [
      await failureOf(db.withTransaction((tx) => tx.execute('SELECT 1'), { timeoutMs: 60 })),
      await failureOf(db.execute({ sql: "INSERT INTO books VALUES ('no')", timeoutMs: 60 })),
    ];
    other.exec('COMMIT');
    other.close();
    await db.execute("INSERT INTO books VALUES ('mine')");
    const found = await readColumn(db, 'SELECT name FROM books');
    await db.close();

    expect(failures.map(({ outcome }) => outcome)).toEqual(['not-applied', 'not-applied']);
    expect(found).toEqual(['theirs', 'mine']);
  });

  it('get their turn in pauses, in which a write can still be aborted', async () => {
    const { path } = await makeBooks();
    const db = open(path);
    await db.open();
    const controller = new AbortController();
    const { signal } = controller;
    const sql = "INSERT INTO books VALUES ('a')";
    const writes = numbers(400).map(() => db.execute({ sql, signal }));
    // the writes leave the event loop alone in their pauses only
    setTimeout(() => controller.abort(), 5);
    const settled = await Promise.allSettled(writes);
    await db.execute(sql);
    const count = await readValue(db, 'SELECT count(*) FROM books');
    await db.close();
    const kept = settled.filter(({ status }) => status === 'fulfilled').length;

    expect(kept).toBeLessThan(400);
    expect(count).toBe(kept + 1);
    for (const result of settled)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ outcome: 'not-applied' });
  });

  it('see each other’s changes of the schema at once', async () => {
    const { path } = await makeBooks();
    const db = open(path);
    const other = new BetterSqlite3(path);
    await db.execute("INSERT INTO books VALUES ('a')");
    const columns = async (): Promise<string[]> => (await db.execute('SELECT * FROM books')).columns;
    const seen = [await columns()];
    other.exec('ALTER TABLE books ADD COLUMN pages INTEGER DEFAULT 7');
    seen.push(await columns());
    const described = await readColumn(db, "SELECT name FROM pragma_table_info('books')");
    other.exec('ALTER TABLE books RENAME COLUMN name TO title');
    seen.push(await columns());
    const row = (await db.execute('SELECT * FROM books')).rows[0];
    const old = await failureOf(db.execute("INSERT INTO books (name) VALUES ('b')"));
    other.exec('DROP TABLE books');
    const gone = await failureOf(columns());
    other.close();
    await db.close();

    expect(seen).toEqual([['name'], ['name', 'pages'], ['title', 'pages']]);
    expect([described, { ...row }]).toEqual([['name', 'pages'], { title: 'a', pages: 7 }]);
    expect([old.kind, gone.kind]).toEqual(['syntax', 'syntax']);
  });

  it('wait for a lock that keeps even readers out, in delete mode', async () => {
    const { path } = await createTempDatabase();
    const other = new BetterSqlite3(path);
    other.exec('CREATE TABLE books (name TEXT)');
    const db = open(path, { sqlite: { journalMode: 'keep' } });
    await db.open();
    other.exec("BEGIN EXCLUSIVE; INSERT INTO books VALUES ('a')");
    const impatient = await failureOf(db.execute({ sql: 'SELECT name FROM books', timeoutMs: 50 }));
    const patient = readColumn(db, 'SELECT name FROM books');
    await new Promise((resolve) => setTimeout(resolve, 50));
    other.exec('COMMIT');
    const found = await patient;
    other.close();
    await db.close();

    expect(impatient).toMatchObject({ code: 'SQLITE_BUSY', kind: 'busy', outcome: 'not-applied' });
    expect(found).toEqual(['a']);
  });
});
