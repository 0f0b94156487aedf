import BetterSqlite3 from 'better-sqlite3';
import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createConnection, type DatabaseConnection } from '../../lib/index.js';
import { createLatch, failureOf, readColumn, readValue } from '../contract/facts.js';
import { createTempDatabase } from '../support/temp-database.js';
import { startChild } from './support/child.js';

const insert = 'INSERT INTO books (id, name) VALUES (?, ?)';
const pageBytes = 4_096;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);

describe('writes that wait at the same time', () => {
  let path: string;
  let db: DatabaseConnection;

  beforeEach(async () => {
    ({ path } = await createTempDatabase());
    db = createConnection({
      url: `sqlite:${path}`,
      sqlite: { synchronous: 'normal' },
      queryTimeoutMs: 30_000,
    });
    await db.execute('CREATE TABLE books (id INTEGER PRIMARY KEY, name TEXT UNIQUE)');
  });
  afterEach(async () => {
    await db.close();
  });

  /** Calls `start` while the gate is held, then gives it back. */
  async function behindTransaction<T>(start: () => T, heldMs = 0): Promise<T> {
    const latch = createLatch();
    const holder = db.transaction('write');
    const tx = await holder;
    const started = start();
    setTimeout(() => latch.open(), heldMs);
    await latch.opened;
    await tx.rollback();
    return started;
  }

  it('share commits, in the order in which they came', async () => {
    const logBefore = statSync(`${path}-wal`).size;
    await Promise.all(numbers(600).map((id) => db.execute(insert, [id, String(id)])));
    const pages = (statSync(`${path}-wal`).size - logBefore) / pageBytes;

    expect(pages).toBeLessThan(300);
    expect(await readColumn(db, 'SELECT name FROM books ORDER BY rowid')).toEqual(numbers(600).map(String));
  });

  it('share one also when each comes with a request of its own, in one turn of the event loop', async () => {
    // warm, so that some thirty alone would fit into one turn
    for (const id of numbers(300)) await db.execute(insert, [-id, String(-id)]);
    const logBefore = statSync(`${path}-wal`).size;
    const inRequest = (id: number): Promise<unknown> =>
      new Promise((resolve, reject) => {
        setImmediate(() => void db.execute(insert, [id, String(id)]).then(resolve, reject));
      });
    await Promise.all(numbers(30).map(inRequest));

    expect((statSync(`${path}-wal`).size - logBefore) / pageBytes).toBeLessThan(15);
  });

  it('tell no row of one another', async () => {
    const results = await behindTransaction(() =>
      Promise.all([
        db.execute(insert, [777, 'a']),
        db.execute('INSERT OR IGNORE INTO books (id, name) VALUES (?, ?)', [778, 'a']),
        db.execute("UPDATE books SET name = 'b'"),
        db.execute("INSERT INTO books (name) VALUES ('b') ON CONFLICT (name) DO UPDATE SET name = 'c'"),
        db.execute('INSERT INTO books (id, name) VALUES (?, ?) RETURNING id', [5, 'd']),
        db.execute('DELETE FROM books'),
      ]),
    );

    expect(results.map(({ lastInsertRowid }) => lastInsertRowid)).toEqual([
      777n,
      0n,
      undefined,
      0n,
      5n,
      undefined,
    ]);
    expect(results.map(({ rowsAffected }) => rowsAffected)).toEqual([1, 0, 1, 1, 1, 2]);
  });

  it('fail alone, each with its own error', async () => {
    const [first, second, third, fourth] = await behindTransaction(() =>
      Promise.allSettled([
        db.execute(insert, [1, 'a']),
        db.execute(insert, [2, 'a']),
        db.execute('INSERT INTO nothing VALUES (1)'),
        db.execute(insert, [3, 'c']),
      ]),
    );

    expect([first?.status, fourth?.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(second).toMatchObject({
      reason: { kind: 'constraint', columns: ['name'], outcome: 'not-applied' },
    });
    expect(third).toMatchObject({ reason: { kind: 'syntax', outcome: 'not-applied' } });
    expect(await readColumn(db, 'SELECT id FROM books')).toEqual([1, 3]);
  });

  it('leave the queue at their own deadline or signal, and the others go on', async () => {
    const controller = new AbortController();
    const [late, aborted] = await behindTransaction(() => {
      const calls = [
        failureOf(db.execute({ sql: insert, args: [1, 'late'], timeoutMs: 30 })),
        failureOf(db.execute({ sql: insert, args: [2, 'aborted'], signal: controller.signal })),
      ];
      void db.execute(insert, [3, 'kept']);
      controller.abort();
      return Promise.all(calls);
    }, 200);
    await db.execute(insert, [4, 'last']);

    expect(late).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
    expect(aborted).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
    expect(await readColumn(db, 'SELECT id FROM books')).toEqual([3, 4]);
  });

  describe('in one turn of the event loop', () => {
    // a text is known from its second run on; and the first of several who call at once is alone
    beforeEach(async () => {
      for (const id of [-1, -2, -3]) await db.execute(insert, [id, null]);
    });

    it('are done before a close that comes right behind them', async () => {
      const writing = Promise.all(numbers(50).map((id) => db.execute(insert, [id, null])));
      await Promise.all([db.close(), writing]);
      db.reconnect();

      expect(await readValue(db, 'SELECT count(*) FROM books')).toBe(53);
    });

    it('stand behind a transaction that came before, and before one that comes later', async () => {
      const count = (): Promise<unknown> =>
        db.withTransaction((tx) => readValue(tx, 'SELECT count(*) FROM books'), { mode: 'write' });
      const write = (from: number): Promise<unknown> =>
        Promise.all(numbers(5).map((id) => db.execute(insert, [from + id, null])));
      const calls = [count(), write(0), count(), write(10), count(), write(20)];

      expect((await Promise.all(calls)).filter((found) => typeof found === 'number')).toEqual([3, 8, 13]);
      expect(await readValue(db, 'SELECT count(*) FROM books')).toBe(18);
    });

    it('end together at their deadline while another process holds the lock', async () => {
      await db.close();
      db = createConnection({ url: `sqlite:${path}`, queryTimeoutMs: 1_000 });
      for (const id of [-4, -5, -6]) await db.execute(insert, [id, null]);
      const other = new BetterSqlite3(path);
      other.exec('BEGIN IMMEDIATE');
      const failures = await Promise.all(numbers(5).map((id) => failureOf(db.execute(insert, [id, null]))));
      other.close();

      expect(failures[0]).toMatchObject({ kind: 'busy' });
      for (const { kind, outcome } of failures)
        expect([kind, outcome]).toEqual([expect.stringMatching(/^(busy|timeout)$/), 'not-applied']);
      expect(db.status()).toMatchObject({ inFlight: 0, waiting: 0 });
      expect(await Promise.all(numbers(5).map((id) => db.execute(insert, [id, null])))).toHaveLength(5);
      expect(await readValue(db, 'SELECT count(*) FROM books')).toBe(11);
    });

    it('fail alone, and are counted', async () => {
      const settled = await Promise.allSettled(numbers(5).map((id) => db.execute(insert, [id % 3, null])));

      expect(settled.map(({ status }) => status)).toEqual([
        ...['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'],
      ]);
      expect(db.status()).toMatchObject({ lastError: { kind: 'constraint' }, inFlight: 0 });
    });

    it('take as many turns as they need', async () => {
      await Promise.all(numbers(3_000).map((id) => db.execute(insert, [id, String(id)])));

      expect(await readColumn(db, 'SELECT name FROM books WHERE id > 0 ORDER BY rowid')).toEqual(
        numbers(3_000).map(String),
      );
    });
  });

  it('are undone with the conflict that rolls back, and run again without it', async () => {
    await db.execute(insert, [1, 'a']);
    const settled = await behindTransaction(() =>
      Promise.allSettled([
        db.execute(insert, [2, 'b']),
        db.execute("INSERT OR ROLLBACK INTO books (id, name) VALUES (3, 'a')"),
        db.execute(insert, [4, 'd']),
      ]),
    );

    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await readColumn(db, 'SELECT id FROM books')).toEqual([1, 2, 4]);
  });

  it('end at their own deadline or signal also when they were undone together', async () => {
    await db.close();
    ({ path } = await createTempDatabase());
    const sqlite = { journalMode: 'keep' } as const;
    db = createConnection({ url: `sqlite:${path}`, sqlite, queryTimeoutMs: 20_000 });
    await db.execute('CREATE TABLE books (id INTEGER PRIMARY KEY)');
    // without a log a reader lets others begin to write, and not commit
    const reader = new BetterSqlite3(path);
    reader.exec('BEGIN');
    reader.prepare('SELECT * FROM books').all();
    const book = (id: number) => `INSERT INTO books VALUES (${id})`;
    const first = db.execute(book(1));
    const second = db.execute(book(2));
    const ended = await Promise.all([
      failureOf(db.execute({ sql: book(3), timeoutMs: 300 })),
      failureOf(db.execute({ sql: book(4), signal: AbortSignal.timeout(300) })),
    ]);
    reader.close();
    await Promise.all([first, second]);

    expect(ended).toMatchObject([
      { kind: 'timeout', outcome: 'not-applied' },
      { kind: 'aborted', outcome: 'not-applied' },
    ]);
    expect(await readColumn(db, 'SELECT id FROM books')).toEqual([1, 2]);
  });

  it('are on the disk when they are acknowledged, also of a process that is killed', async () => {
    for (const round of [1, 2]) {
      const child = startChild(`
        const db = createConnection({ url: ${JSON.stringify(`sqlite:${path}`)} });
        let id = ${round * 1_000_000};
        await Promise.all(Array.from({ length: 32 }, async () => {
          for (;;) {
            const own = id++;
            await db.execute('INSERT INTO books (id, name) VALUES (?, ?)', [own, String(own)]);
            print(own);
          }
        }));`);
      await child.printed(50 * round);
      child.process.kill('SIGKILL');
      await child.ended.catch(() => undefined);
      const kept = new Set(await readColumn(db, 'SELECT id FROM books WHERE id >= ?', [round * 1_000_000]));

      expect(child.lines.filter((id) => !kept.has(id as number))).toEqual([]);
    }
    expect(await readValue(db, 'PRAGMA integrity_check')).toBe('ok');
  }, 60_000);
});
