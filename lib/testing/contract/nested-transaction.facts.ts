import type { DatabaseConnection } from '../../database/database-connection.js';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readColumn } from './facts.js';

/** Scopes inside a transaction are savepoints, whoever opens them. */
export function describeNestedTransaction(
  setup: ContractSetup<DatabaseConnection>,
  words: ContractWords,
): void {
  const { beforeEach, describe, expect, it } = words;
  describe('a nested transaction', () => {
    const room = openEach(words, setup);
    const insert = (name: string) => ({ sql: 'INSERT INTO books VALUES (?)', args: [name] });
    const add = (name: string) => room.db.execute(insert(name));
    const names = () => readColumn(room.db, 'SELECT name FROM books ORDER BY rowid');
    const undo = async (name: string): Promise<never> => {
      await add(name);
      throw new Error(`undo ${name}`);
    };

    beforeEach(async () => {
      await room.db.execute('CREATE TABLE books (name TEXT UNIQUE)');
    });

    it('is kept when both succeed', async () => {
      await room.db.withTransaction(async () => {
        await add('outer');
        const answer = await room.db.withTransaction(async () => {
          await add('inner');
          return 'value';
        });
        await add(answer);
      });

      expect(await names()).toEqual(['outer', 'inner', 'value']);
    });

    it('is undone alone when its error is caught outside', async () => {
      await room.db.withTransaction(async () => {
        await add('before');
        await failureOf(room.db.withTransaction(() => undo('inner')));
        await add('after');
      });

      expect(await names()).toEqual(['before', 'after']);
    });

    it('is undone with the outer one', async () => {
      const call = room.db.withTransaction(async () => {
        await room.db.withTransaction(() => add('inner'));
        throw new Error('undo all');
      });

      await expect(call).rejects.toThrow('undo all');
      expect(await names()).toEqual([]);
    });

    it('passes its error on', async () => {
      const call = room.db.withTransaction(async () => {
        await add('outer');
        await room.db.withTransaction(() => undo('inner'));
      });

      await expect(call).rejects.toThrow('undo inner');
      expect(await names()).toEqual([]);
    });

    it('is kept or undone at every depth', async () => {
      await room.db.withTransaction(async () => {
        await add('1');
        await room.db.withTransaction(async () => {
          await add('2');
          await failureOf(
            room.db.withTransaction(async () => {
              await add('3');
              await room.db.withTransaction(() => undo('4'));
            }),
          );
          await room.db.withTransaction(() => add('5'));
        });
      });

      expect(await names()).toEqual(['1', '2', '5']);
    });

    it('is kept exactly when it succeeds, also beside one that fails', async () => {
      let settled: PromiseSettledResult<unknown>[] = [];
      await room.db.withTransaction(async () => {
        settled = await Promise.allSettled([
          room.db.withTransaction(() => undo('failing')),
          room.db.withTransaction(() => add('succeeding')),
        ]);
      });

      expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
      expect(await names()).toEqual(['succeeding']);
    });

    it('keeps exactly the succeeding ones of ten at the same time', async () => {
      await room.db.withTransaction(async () => {
        const scopes = Array.from({ length: 10 }, (_, index) =>
          room.db.withTransaction(async () => {
            await add(`${index}a`);
            await new Promise((resolve) => setImmediate(resolve));
            if (index % 2 === 1) throw new Error('odd');
            await add(`${index}b`);
          }),
        );
        await Promise.allSettled(scopes);
      });

      expect(await names()).toEqual(['0a', '0b', '2a', '2b', '4a', '4b', '6a', '6b', '8a', '8b']);
    });

    it('holds its parent: the handle of the parent is refused inside it', async () => {
      let failure: Error | undefined;
      await room.db.withTransaction(async (parent) => {
        await room.db.withTransaction(async (child) => {
          await child.execute(insert('child'));
          failure = await failureOf(parent.execute(insert('parent')));
        });
        await parent.execute(insert('after'));
      });

      expect(failure).toMatchObject({ outcome: 'not-applied' });
      expect(await names()).toEqual(['child', 'after']);
    });

    it('is over for its handle when its callback ends', async () => {
      let failure: Error | undefined;
      await room.db.withTransaction(async () => {
        const child = await room.db.withTransaction((tx) => Promise.resolve(tx));
        failure = await failureOf(child.execute(insert('late')));
        await add('parent');
      });

      expect(failure).toMatchObject({ code: 'TRANSACTION_CLOSED' });
      expect(await names()).toEqual(['parent']);
    });

    it('runs what waits for its commit after the outermost commit', async () => {
      const seen: string[] = [];
      await room.db.withTransaction(async () => {
        await room.db.withTransaction((tx) => {
          tx.afterCommit(() => void seen.push('kept'));
          return Promise.resolve();
        });
        await failureOf(
          room.db.withTransaction((tx) => {
            tx.afterCommit(() => void seen.push('undone'));
            return Promise.reject(new Error('undo'));
          }),
        );
        seen.push('callback');
      });

      expect(seen).toEqual(['callback', 'kept']);
    });

    it.each(['commit', 'rollback', 'close'] as const)(
      'may be a transaction() that ends with %s',
      async (end) => {
        await room.db.withTransaction(async () => {
          await add('before');
          const tx = await room.db.transaction('write');
          await tx.execute(insert('inner'));
          await tx[end]();
          await add('after');
        });

        expect(await names()).toEqual(end === 'commit' ? ['before', 'inner', 'after'] : ['before', 'after']);
      },
    );

    it('may be a batch, which keeps nothing of itself when it fails', async () => {
      let failure: Error | undefined;
      await room.db.withTransaction(async () => {
        await add('before');
        failure = await failureOf(room.db.batch([insert('b'), insert('b')], 'write'));
        await room.db.batch([insert('c'), insert('d')], 'write');
      });

      expect(failure).toMatchObject({ kind: 'constraint', statementIndex: 1 });
      expect(await names()).toEqual(['before', 'c', 'd']);
    });

    it('may be a migrate', async () => {
      const call = room.db.withTransaction(async () => {
        await room.db.migrate(['CREATE TABLE authors (name TEXT)', "INSERT INTO authors VALUES ('x')"]);
        throw new Error('undo');
      });

      await expect(call).rejects.toThrow('undo');
      expect(await readColumn(room.db, "SELECT name FROM sqlite_schema WHERE name = 'authors'")).toEqual([]);
    });

    it('may nest in a transaction() of its own', async () => {
      const tx = await room.db.transaction('write');
      await tx.execute(insert('a'));
      const call = failureOf(tx.batch([insert('b'), insert('b')]));
      await call;
      await tx.rollback();

      expect(await names()).toEqual([]);
    });

    it('cannot write inside a transaction of mode read', async () => {
      const call = room.db.withTransaction(() => room.db.withTransaction(() => add('a'), { mode: 'write' }), {
        mode: 'read',
      });

      await expect(call).rejects.toMatchObject({ outcome: 'not-applied' });
      expect(await names()).toEqual([]);
    });

    it('is undone with everything when the engine rolls back inside it', async () => {
      const call = room.db.withTransaction(async () => {
        await add('a');
        await failureOf(
          room.db.withTransaction(() => room.db.execute("INSERT OR ROLLBACK INTO books VALUES ('a')")),
        );
        await failureOf(add('b'));
      });

      await expect(call).rejects.toMatchObject({ outcome: 'not-applied' });
      expect(await names()).toEqual([]);
    });
  });
}
