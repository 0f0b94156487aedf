import BetterSqlite3 from 'better-sqlite3';
import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createConnection,
  type DatabaseConnection,
  type DatabaseError,
  type DatabaseModuleOptions,
} from '../../lib/index.js';
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

    async function reopen(options: DatabaseModuleOptions): Promise<void> {
      await db.close();
      db = createConnection({ url: `sqlite:${path}`, ...options });
      for (const id of [-4, -5, -6]) await db.execute(insert, [id, null]);
    }

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

    it('go on after they ended at their deadline while another process held the lock', async () => {
      await reopen({ queryTimeoutMs: 300 });
      const other = new BetterSqlite3(path);
      other.exec('BEGIN IMMEDIATE');
      await Promise.all(numbers(5).map((id) => failureOf(db.execute(insert, [id, null]))));
      other.close();

      expect(db.status()).toMatchObject({ inFlight: 0, waiting: 0 });
      expect(await Promise.all(numbers(5).map((id) => db.execute(insert, [id, null])))).toHaveLength(5);
      expect(await readValue(db, 'SELECT count(*) FROM books')).toBe(11);
    });

    /** Another process, to the database, that holds its lock until it is told otherwise. */
    async function whileLocked(work: (other: BetterSqlite3.Database) => Promise<void>): Promise<void> {
      const other = new BetterSqlite3(path);
      other.exec('BEGIN IMMEDIATE');
      await work(other).finally(() => other.close());
    }

    it.each(['close', 'reconnect'] as const)(
      'end all with CLIENT_CLOSED when a %s gives up on a lock',
      async (how) => {
        await reopen({ shutdownTimeoutMs: 100 });
        await whileLocked(async () => {
          let unsettled = 500;
          const failing = numbers(500).map(async (id) => {
            const failure = await failureOf(db.execute(insert, [id, null]));
            unsettled--;
            return failure;
          });
          await new Promise((resolve) => setTimeout(resolve, 10));
          if (how === 'reconnect') db.reconnect();
          else await db.close();
          if (how === 'close') expect([unsettled, db.status().inFlight]).toEqual([0, 0]);
          const told = (await Promise.all(failing)).map(({ code, outcome }) => `${code} ${outcome}`);

          expect(new Set(told)).toEqual(new Set(['CLIENT_CLOSED not-applied']));
        });
        db.reconnect();

        expect(await readValue(db, 'SELECT count(*) FROM books WHERE id > 0')).toBe(0);
      },
    );

    it('end in one turn at their deadline, all because of the lock', async () => {
      await reopen({ queryTimeoutMs: 500 });
      await whileLocked(async () => {
        let turns = 0;
        let toldIn: number[] = [];
        let failures: DatabaseError[] = [];
        // calls that take a slow machine longer do not all wait together
        for (let tookMs = Infinity, tries = 0; tookMs >= 10 && tries < 10; tries++) {
          [turns, toldIn] = [0, []];
          const begun = performance.now();
          const failing = numbers(50).map(async (id) => {
            const failure = await failureOf(db.execute(insert, [id, null]));
            toldIn.push(turns);
            setImmediate(() => turns++);
            return failure;
          });
          tookMs = performance.now() - begun;
          failures = await Promise.all(failing);
        }

        expect(new Set(failures.map(({ kind }) => kind))).toEqual(new Set(['busy']));
        expect(new Set(toldIn)).toEqual(new Set([0]));
      });
    });

    it('are each counted as in flight, and those that do not run as waiting', async () => {
      await whileLocked(async (other) => {
        const writing = Promise.all(numbers(50).map((id) => db.execute(insert, [id, null])));
        expect(db.status()).toMatchObject({ inFlight: 50, waiting: 50 });
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect(db.status()).toMatchObject({ inFlight: 50, waiting: 49 });
        other.exec('ROLLBACK');
        await writing;
      });

      expect(db.status()).toMatchObject({ inFlight: 0, waiting: 0 });
    });

    it('have a deadline of their own when the turn is long', async () => {
      await reopen({ queryTimeoutMs: 600 });
      await whileLocked(async () => {
        const first = failureOf(db.execute(insert, [1, null]));
        const until = performance.now() + 300;
        while (performance.now() < until);
        const calledAt = performance.now();
        await Promise.all([first, failureOf(db.execute(insert, [2, null]))]);

        expect(performance.now() - calledAt).toBeGreaterThan(500);
      });
    });

    it('leave the event loop to others once their text is slow', async () => {
      const update = 'UPDATE large SET v = ? WHERE k = ?';
      await db.execute('CREATE TABLE large (k, v)');
      for (const n of numbers(40)) await db.execute(update, [n, n]);
      await db.execute(
        'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 400000) INSERT INTO large (k) SELECT n FROM c',
      );
      let ticks = 0;
      const timer = setInterval(() => ticks++, 1);
      await Promise.all(numbers(10).map((n) => db.execute(update, [n, n])));
      clearInterval(timer);

      // one between two of them when they run in this thread
      expect(ticks).toBeGreaterThan(20);
      expect(await readValue(db, 'SELECT count(*) FROM large WHERE v = k')).toBe(10);
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
