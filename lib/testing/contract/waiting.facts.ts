import type { DatabaseConnection } from '../../database/database-connection.js';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { createLatch, failureOf, openEach, readColumn, readValue } from './facts.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** One writer at a time: how writers wait, and how the waiting ends. */
export function describeWaiting(setup: ContractSetup<DatabaseConnection>, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;
  const { readsBesideWriter } = setup.capabilities;

  describe('writers', () => {
    const room = openEach(words, setup);

    beforeEach(async () => {
      await room.db.batch(
        [
          'CREATE TABLE counters (n INTEGER)',
          'INSERT INTO counters VALUES (0)',
          'CREATE TABLE log (n INTEGER)',
        ],
        'write',
      );
    });

    /** A write transaction that is open until it is told to end. */
    const holdTransaction = async () => {
      const started = createLatch();
      const ended = createLatch();
      const call = room.db.withTransaction(async (tx) => {
        await tx.execute('UPDATE counters SET n = n + 100');
        started.open();
        await ended.opened;
      });
      await started.opened;
      return async () => {
        ended.open();
        await call;
      };
    };

    it('read and write in eight transactions at the same time without losing one', async () => {
      const calls = numbers(8).map(() =>
        room.db.withTransaction(async (tx) => {
          const n = Number(await readValue(tx, 'SELECT n FROM counters'));
          await new Promise((resolve) => setImmediate(resolve));
          await tx.execute({ sql: 'UPDATE counters SET n = ?', args: [n + 1] });
        }),
      );
      await Promise.all(calls);

      expect(await readValue(room.db, 'SELECT n FROM counters')).toBe(8);
    });

    it('read and write in transactions and alone at the same time without losing one', async () => {
      const calls = numbers(24).map((index) => {
        if (index % 3 === 0) return room.db.execute('UPDATE counters SET n = n + 1');
        if (index % 3 === 1) return room.db.batch(['UPDATE counters SET n = n + 1', 'SELECT 1'], 'write');
        return room.db.withTransaction(async () => {
          const n = Number(await readValue(room.db, 'SELECT n FROM counters'));
          await room.db.execute('UPDATE counters SET n = ?', [n + 1]);
        });
      });
      await Promise.all(calls);

      expect(await readValue(room.db, 'SELECT n FROM counters')).toBe(24);
    });

    it('come in the order in which they asked', async () => {
      const end = await holdTransaction();
      const calls: Promise<unknown>[] = [];
      for (const n of numbers(6)) {
        const statement = { sql: 'INSERT INTO log VALUES (?)', args: [n] };
        calls.push(
          n % 2 === 0 ? room.db.execute(statement) : room.db.withTransaction((tx) => tx.execute(statement)),
        );
        await new Promise((resolve) => setImmediate(resolve));
      }
      await end();
      await Promise.all(calls);

      expect(await readColumn(room.db, 'SELECT n FROM log ORDER BY rowid')).toEqual(numbers(6));
    });

    it.each<[string, (db: DatabaseConnection) => Promise<unknown>]>([
      ['a statement', (db) => db.execute({ sql: 'UPDATE counters SET n = 0', timeoutMs: 200 })],
      [
        'a transaction',
        (db) => db.withTransaction((tx) => tx.execute('UPDATE counters SET n = 0'), { timeoutMs: 200 }),
      ],
    ])('give up at the timeout of %s, and nothing is applied', async (_name, call) => {
      const end = await holdTransaction();
      const failure = await failureOf(call(room.db));
      await end();

      expect(failure).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
      expect(await readValue(room.db, 'SELECT n FROM counters')).toBe(100);
    });

    it('learn who they waited for in vain', async () => {
      const tx = await room.db.transaction('write');
      await tx.execute('SELECT 1');
      const failure = await failureOf(room.db.execute({ sql: 'UPDATE counters SET n = 0', timeoutMs: 200 }));
      tx.close();

      expect(failure.message).toContain('waiting.facts');
      expect(failure.message).toContain('withTransaction');
    });

    it('give up when their signal fires, and nothing is applied', async () => {
      const end = await holdTransaction();
      const controller = new AbortController();
      const call = failureOf(
        room.db.execute({ sql: 'UPDATE counters SET n = 0', signal: controller.signal }),
      );
      controller.abort();
      const failure = await call;
      await end();

      expect(failure).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
      expect(await readValue(room.db, 'SELECT n FROM counters')).toBe(100);
    });

    it('do not begin when their signal has fired before', async () => {
      const failure = await failureOf(
        room.db.execute({ sql: 'UPDATE counters SET n = 7', signal: AbortSignal.abort() }),
      );

      expect(failure).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
      expect(await readValue(room.db, 'SELECT n FROM counters')).toBe(0);
    });

    it('do not wait for one who gave up', async () => {
      const end = await holdTransaction();
      const impatient = failureOf(room.db.execute({ sql: 'UPDATE counters SET n = 0', timeoutMs: 100 }));
      const patient = room.db.execute('UPDATE counters SET n = n + 1');
      await impatient;
      await end();
      await patient;

      expect(await readValue(room.db, 'SELECT n FROM counters')).toBe(101);
    });

    if (readsBesideWriter) {
      it('let a hundred readers through while they are at work', async () => {
        const end = await holdTransaction();
        const answers = await Promise.all(
          numbers(100).map(() => readValue(room.db, 'SELECT n FROM counters')),
        );
        await end();

        expect(new Set(answers)).toEqual(new Set([0]));
      });

      it('let transactions of mode read through while they are at work', async () => {
        const end = await holdTransaction();
        const answer = await room.db.withTransaction((tx) => readValue(tx, 'SELECT n FROM counters'), {
          mode: 'read',
        });
        await end();

        expect(answer).toBe(0);
      });
    }
  });
}
