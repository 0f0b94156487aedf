import { describe, expect, it } from '@jest/globals';
import { createConnection, type DatabaseConnection } from '../../lib/index.js';
import { failureOf, readValue } from '../contract/facts.js';
import { createTempDatabase } from '../support/temp-database.js';

const insert = "INSERT INTO books VALUES ('a')";
const count = 'SELECT count(*) FROM books';
const moment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

async function openBooks(readers: number): Promise<DatabaseConnection> {
  const { path } = await createTempDatabase();
  const db = createConnection({ url: `sqlite:${path}`, pool: { readers }, transactionTimeoutMs: 20_000 });
  await db.execute('CREATE TABLE books (name TEXT)');
  return db;
}

describe.each([1, 2])('pool.readers: %i', (readers) => {
  /** More deferred transactions than there are places, each of them on its way to write. */
  const startDeferred = (db: DatabaseConnection): Promise<unknown>[] =>
    Array.from({ length: readers + 1 }, () =>
      db.withTransaction((tx) => tx.execute(insert), { mode: 'deferred', maxAttempts: 10 }),
    );

  it('lets the holder of the write gate read beside its transaction while deferred ones wait for the gate', async () => {
    const db = await openBooks(readers);
    let deferred: Promise<unknown>[] = [];
    const started = performance.now();
    const seen = await db.withTransaction(async (tx) => {
      await tx.execute(insert);
      deferred = db.outsideTransaction(() => startDeferred(db));
      await moment();
      return db.withTransaction((snapshot) => readValue(snapshot, count), {
        propagation: 'requires-new',
        mode: 'read',
        timeoutMs: 15_000,
      });
    });
    await Promise.all(deferred);
    const found = await readValue(db, count);
    await db.close();

    expect([seen, found]).toEqual([0, readers + 2]);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('lets a transaction of its own read while deferred ones wait for the gate', async () => {
    const db = await openBooks(readers);
    const holder = await db.transaction('write');
    const deferred = startDeferred(db);
    await moment();
    const snapshot = await db.transaction('read');
    const seen = await readValue(snapshot, count);
    await snapshot.commit();
    await holder.execute(insert);
    await holder.commit();
    await Promise.all(deferred);
    const found = await readValue(db, count);
    await db.close();

    expect([seen, found]).toEqual([0, readers + 2]);
  });

  it.each(['read', 'deferred'] as const)('bounds the transactions of mode %s', async (mode) => {
    const db = await openBooks(readers);
    const open = await Promise.all(Array.from({ length: readers }, () => db.transaction(mode)));
    const failure = await failureOf(
      db.withTransaction((tx) => tx.execute('SELECT 1'), { mode, timeoutMs: 50 }),
    );
    for (const transaction of open) await transaction.rollback();
    await db.close();

    expect(failure).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
    expect(failure.message).toContain('waiting for a free reader');
  });
});

describe('short reads on a file', () => {
  it('tell by a pragma that somebody has written, this connection included', async () => {
    const db = await openBooks(1);
    const seen = new Set<unknown>();
    for (let n = 0; n < 3; n++) {
      await db.execute(insert);
      seen.add(await readValue(db, 'PRAGMA data_version')).add(await readValue(db, 'PRAGMA data_version'));
    }
    await db.close();

    expect(seen.size).toBe(3);
  });

  it.each(['SELECT last_insert_rowid() AS n', 'SELECT changes() AS n', 'SELECT total_changes() AS n'])(
    'never tell what a handle wrote: %s',
    async (sql) => {
      const db = await openBooks(1);
      await db.execute(insert);
      const seen = [await readValue(db, sql), await readValue(db, sql)];
      await db.execute(insert);
      seen.push(await readValue(db, sql));
      await db.close();

      expect(seen).toEqual([0, 0, 0]);
    },
  );

  it('see a script that is on its way only when it has committed', async () => {
    const db = await openBooks(1);
    await readValue(db, count);
    const script = db.executeMultiple(
      `BEGIN; ${Array.from({ length: 50 }, () => insert).join('; ')}; COMMIT`,
    );
    let isOver = false;
    const ended = script.then(() => (isOver = true));
    const seen = new Set<unknown>();
    for (let n = 0; n < 10_000 && !isOver; n++) seen.add(await readValue(db, count));
    await ended;
    seen.add(await readValue(db, count));
    await db.close();

    expect([...seen]).toEqual([0, 50]);
  });
});
