import type { DatabaseConnection } from '../../database/database-connection.js';
import type { DatabaseTransaction } from '../../database/database-transaction.js';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { createLatch, failureOf, openEach, readColumn } from './facts.js';

/** `withTransaction`: one callback, one transaction. */
export function describeWithTransaction(
  setup: ContractSetup<DatabaseConnection>,
  words: ContractWords,
): void {
  const { beforeEach, describe, expect, it } = words;
  describe('withTransaction', () => {
    const room = openEach(words, setup);
    const insert = (name: string) => ({ sql: 'INSERT INTO books VALUES (?)', args: [name] });
    const names = () => readColumn(room.db, 'SELECT name FROM books ORDER BY rowid');

    beforeEach(async () => {
      await room.db.execute('CREATE TABLE books (name TEXT UNIQUE)');
    });

    it('commits when the callback returns, and answers its value', async () => {
      const answer = await room.db.withTransaction(async (tx) => {
        await tx.execute(insert('a'));
        return 42;
      });

      expect(answer).toBe(42);
      expect(await names()).toEqual(['a']);
    });

    it('rolls back when the callback throws, and keeps its error', async () => {
      const reason = new Error('changed my mind');
      const call = room.db.withTransaction(async (tx) => {
        await tx.execute(insert('a'));
        throw reason;
      });

      await expect(call).rejects.toBe(reason);
      expect(await names()).toEqual([]);
    });

    it('rolls back when a statement fails, and keeps its error', async () => {
      const call = room.db.withTransaction(async (tx) => {
        await tx.execute(insert('a'));
        await tx.execute(insert('a'));
      });

      await expect(call).rejects.toMatchObject({
        kind: 'constraint',
        extendedCode: 'SQLITE_CONSTRAINT_UNIQUE',
      });
      expect(await names()).toEqual([]);
    });

    it('commits when the callback caught the error of a statement', async () => {
      await room.db.withTransaction(async (tx) => {
        await tx.execute(insert('a'));
        await failureOf(tx.execute(insert('a')));
        await tx.execute(insert('b'));
      });

      expect(await names()).toEqual(['a', 'b']);
    });

    it('rolls back when the callback throws before its first statement', async () => {
      const call = room.db.withTransaction(() => Promise.reject(new Error('at once')));

      await expect(call).rejects.toThrow('at once');
    });

    it('lets the next writer in, however it ended', async () => {
      await room.db.withTransaction((tx) => tx.execute(insert('a')));
      await failureOf(room.db.withTransaction((tx) => tx.execute(insert('a'))));
      await failureOf(room.db.withTransaction(() => Promise.reject(new Error('no'))));
      await room.db.execute(insert('b'));

      expect(await names()).toEqual(['a', 'b']);
    });

    it('tells the callback which attempt it is', async () => {
      expect(await room.db.withTransaction((tx) => Promise.resolve(tx.attempt))).toBe(1);
    });

    it('writes in mode deferred', async () => {
      await room.db.withTransaction((tx) => tx.execute(insert('a')), { mode: 'deferred' });

      expect(await names()).toEqual(['a']);
    });

    it('refuses to write in mode read', async () => {
      const call = room.db.withTransaction((tx) => tx.execute(insert('a')), { mode: 'read' });

      await expect(call).rejects.toMatchObject({ code: 'SQLITE_READONLY', kind: 'read-only' });
      expect(await names()).toEqual([]);
    });

    it('takes in what the callback calls on the connection', async () => {
      const call = room.db.withTransaction(async () => {
        await room.db.execute(insert('a'));
        const seen = await names();
        await room.db.executeMultiple("INSERT INTO books VALUES ('b'); INSERT INTO books VALUES ('c');");
        await room.db.batch([insert('d')], 'write');
        throw new Error(`saw ${seen[0] as string}`);
      });

      await expect(call).rejects.toThrow('saw a');
      expect(await names()).toEqual([]);
    });

    it('takes in what is called deep below the callback', async () => {
      const repository = {
        async add(name: string) {
          await Promise.resolve();
          await new Promise((resolve) => setImmediate(resolve));
          await room.db.execute(insert(name));
        },
      };
      const call = room.db.withTransaction(async () => {
        await Promise.all([repository.add('a'), repository.add('b')]);
        throw new Error('undo');
      });

      await expect(call).rejects.toThrow('undo');
      expect(await names()).toEqual([]);
    });

    it('does not take in what others call at the same time', async () => {
      const started = createLatch();
      const finished = createLatch();
      const transaction = room.db.withTransaction(async (tx) => {
        await tx.execute(insert('mine'));
        started.open();
        await finished.opened;
        throw new Error('undo');
      });
      await started.opened;
      const other = room.db.execute(insert('other'));
      finished.open();

      await expect(transaction).rejects.toThrow('undo');
      await other;
      expect(await names()).toEqual(['other']);
    });

    it('runs what is waiting for the commit afterwards, in order', async () => {
      const seen: string[] = [];
      await room.db.withTransaction(async (tx) => {
        tx.afterCommit(() => void seen.push('first'));
        tx.afterCommit(() => void seen.push('second'));
        await tx.execute(insert('a'));
        seen.push('callback');
      });

      expect(seen).toEqual(['callback', 'first', 'second']);
    });

    it('shows what it committed to what waited for the commit', async () => {
      let seen: unknown;
      await room.db.withTransaction(async (tx) => {
        tx.afterCommit(async () => {
          seen = await names();
        });
        await tx.execute(insert('a'));
      });

      expect(seen).toEqual(['a']);
    });

    it('drops what is waiting for the commit when it rolls back', async () => {
      let ran = false;
      await failureOf(
        room.db.withTransaction((tx) => {
          tx.afterCommit(() => {
            ran = true;
          });
          return Promise.reject(new Error('undo'));
        }),
      );

      expect(ran).toBe(false);
    });

    it('ends at its timeout, keeps nothing and lets the next writer in', async () => {
      const released = createLatch();
      let later: Promise<unknown> | undefined;
      const call = room.db.withTransaction(
        async (tx) => {
          await tx.execute(insert('a'));
          await released.opened;
          later = failureOf(tx.execute(insert('b')));
          await later;
        },
        { timeoutMs: 200 },
      );

      await expect(call).rejects.toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
      await room.db.execute(insert('c'));
      released.open();
      await new Promise((resolve) => setImmediate(resolve));
      expect(await later).toMatchObject({ code: 'TRANSACTION_CLOSED' });
      expect(await names()).toEqual(['c']);
    });

    it('ends with its callback: a handle that outlives it is refused', async () => {
      const leaked: DatabaseTransaction[] = [];
      await room.db.withTransaction(async (tx) => {
        leaked.push(tx);
        await tx.execute(insert('a'));
      });
      const tx = leaked[0] as DatabaseTransaction;

      await expect(tx.execute(insert('b'))).rejects.toMatchObject({
        code: 'TRANSACTION_CLOSED',
        kind: 'closed',
      });
      await expect(tx.batch([insert('b')])).rejects.toMatchObject({ code: 'TRANSACTION_CLOSED' });
      expect(await names()).toEqual(['a']);
    });

    it('refuses a call of an async context that outlived it, and names outsideTransaction', async () => {
      const ended = createLatch();
      let late: Promise<Error> | undefined;
      await room.db.withTransaction(async (tx) => {
        await tx.execute(insert('a'));
        late = ended.opened.then(() => failureOf(room.db.execute(insert('b'))));
      });
      ended.open();
      const failure = await late;

      expect(failure).toMatchObject({ code: 'TRANSACTION_CLOSED', outcome: 'not-applied' });
      expect(failure?.message).toContain('outsideTransaction');
      expect(await names()).toEqual(['a']);
    });
  });
}
