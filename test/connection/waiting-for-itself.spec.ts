import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createConnection, type DatabaseConnection } from '../../lib/index.js';
import { failureOf, readColumn } from '../contract/facts.js';
import { createTempDatabase } from '../support/temp-database.js';

describe('a call that its own transaction waits for', () => {
  let db: DatabaseConnection;

  beforeEach(async () => {
    const { url } = await createTempDatabase();
    db = createConnection({ url, queryTimeoutMs: 300, transactionTimeoutMs: 2_000 });
    await db.open();
    await db.execute('CREATE TABLE t (a)');
  });
  afterEach(() => db.close());

  const insert = () => db.execute('INSERT INTO t VALUES (1)');

  it.each<[string, () => Promise<unknown>]>([
    ['outsideTransaction()', () => db.outsideTransaction(insert)],
    ['not-supported', () => db.withTransaction(insert, { propagation: 'not-supported' })],
    [
      'a write below both',
      () => db.outsideTransaction(() => db.outsideTransaction(() => db.batch(['DELETE FROM t'], 'write'))),
    ],
  ])('names the transaction that it stepped out of: %s', async (_name, call) => {
    const failure = await db.withTransaction(() => failureOf(call()));

    expect(failure).toMatchObject({ code: 'TIMEOUT', kind: 'timeout', outcome: 'not-applied' });
    expect(failure.message).toMatch(
      /outside of a transaction opened at .*waiting-for-itself\.spec.*still open/,
    );
    expect(await readColumn(db, 'SELECT a FROM t')).toEqual([]);
  });

  it('says nothing of the kind once that transaction has ended', async () => {
    const holder = await db.transaction();
    let late: Promise<Error> | undefined;
    await db.outsideTransaction(() =>
      db.withTransaction(() => undefined, { mode: 'read' }).then(() => (late = failureOf(insert()))),
    );
    const failure = await late;
    await holder.rollback();

    expect(failure?.message).toMatch(/held by a transaction opened at .*waiting-for-itself\.spec/);
    expect(failure?.message).not.toContain('still open');
  });

  it('is told where the nested transaction was opened that nobody ended', async () => {
    const failure = await failureOf(
      db.withTransaction(async () => {
        await db.transaction();
        await db.execute('SELECT 1');
      }),
    );
    const kept = await failureOf(db.withTransaction(() => db.transaction(), { timeoutMs: 300 }));

    for (const { message } of [failure, kept]) {
      expect(message).toMatch(
        /nested transaction .*held by a transaction opened at .*waiting-for-itself\.spec/,
      );
    }
    expect(await readColumn(db, 'SELECT a FROM t')).toEqual([]);
  });
});

describe('calls of one tick', () => {
  it('reach the database in the order in which they were made, whatever their kind', async () => {
    const { url } = await createTempDatabase();
    const db = createConnection({ url });
    await db.execute('CREATE TABLE t (id INTEGER PRIMARY KEY, a)');
    const insert = (a: string) => `INSERT INTO t (a) VALUES ('${a}')`;
    const manual = async (): Promise<void> => {
      const tx = await db.transaction();
      await tx.execute(insert('transaction'));
      await tx.commit();
    };

    await Promise.all([
      db.withTransaction(() => db.execute(insert('withTransaction'))),
      db.execute(insert('execute')),
      manual(),
      db.batch([insert('batch')], 'write'),
      db.executeMultiple(insert('script')),
    ]);
    const order = await readColumn(db, 'SELECT a FROM t ORDER BY id');
    await db.close();

    expect(order).toEqual(['withTransaction', 'execute', 'transaction', 'batch', 'script']);
  });
});
