import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { InArgs } from '@libsql/core/api';
import { createConnection, type DatabaseConnection } from '../../lib/index.js';
import { readValue } from '../contract/facts.js';
import { createTempDatabase } from '../support/temp-database.js';

const insert = 'INSERT INTO books VALUES (?)';
const select = 'SELECT name FROM books WHERE rowid = ?';

/** How often a timer of 5 ms fires while `work` goes on. */
async function countTicks(work: () => Promise<unknown>): Promise<number> {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  await work();
  clearInterval(timer);
  return ticks;
}

describe('the event loop goes on', () => {
  let db: DatabaseConnection;
  beforeEach(async () => {
    const { path } = await createTempDatabase();
    const patience = { queryTimeoutMs: 60_000, transactionTimeoutMs: 60_000 };
    db = createConnection({ url: `sqlite:${path}`, sqlite: { synchronous: 'off' }, ...patience });
    await db.execute('CREATE TABLE books (name TEXT)');
    await db.execute(insert, ['a']);
  });
  afterEach(async () => {
    await db.close();
  });

  const loops: [string, () => Promise<unknown>][] = [
    [
      'awaited reads',
      async () => {
        for (let n = 0; n < 10_000; n++) await db.execute(select, [1]);
      },
    ],
    [
      'awaited writes',
      async () => {
        for (let n = 0; n < 5_000; n++) await db.execute(insert, ['b']);
      },
    ],
    [
      'reads that start together',
      () => Promise.all(Array.from({ length: 10_000 }, () => db.execute(select, [1]))),
    ],
    [
      'statements of a callback’s transaction',
      () =>
        db.withTransaction(async (tx) => {
          for (let n = 0; n < 5_000; n++) await tx.execute(insert, ['b']);
        }),
    ],
    [
      'statements of a transaction',
      async () => {
        const transaction = await db.transaction('write');
        for (let n = 0; n < 5_000; n++) await transaction.execute({ sql: insert, args: ['b'] });
        await transaction.commit();
      },
    ],
    [
      'statements of a batch',
      () =>
        db.batch(
          Array.from({ length: 10_000 }, (): [string, InArgs] => [insert, ['b']]),
          'write',
        ),
    ],
    ['statements of a script', () => db.executeMultiple("INSERT INTO books VALUES ('b');".repeat(5_000))],
  ];
  it.each(loops)('while it serves %s', async (_name, work) => {
    expect(await countTicks(work)).toBeGreaterThanOrEqual(5);
  });

  it('and the statements of a transaction keep their order', async () => {
    await db.withTransaction(async (tx) => {
      const calls = Array.from({ length: 3_000 }, (_, n) => tx.execute(insert, [String(n)]));
      await Promise.all(calls);
    });
    const wrong = await readValue(
      db,
      'SELECT count(*) FROM books WHERE rowid > 1 AND name <> CAST(rowid - 2 AS TEXT)',
    );

    expect(wrong).toBe(0);
  });
});
