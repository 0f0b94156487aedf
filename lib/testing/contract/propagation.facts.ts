import type { DatabaseConnection } from '../../database/database-connection.js';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { createLatch, failureOf, openEach, readColumn, readValue } from './facts.js';

/** How a scope relates to the transaction around it, and how to leave that. */
export function describePropagation(setup: ContractSetup<DatabaseConnection>, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;
  const { readsBesideWriter } = setup.capabilities;

  describe('propagation', () => {
    const room = openEach(words, setup);
    const add = (name: string) => room.db.execute('INSERT INTO books VALUES (?)', [name]);
    const names = () => readColumn(room.db, 'SELECT name FROM books ORDER BY rowid');
    const fail = async (name: string): Promise<never> => {
      await add(name);
      throw new Error(`undo ${name}`);
    };

    beforeEach(async () => {
      await room.db.execute('CREATE TABLE books (name TEXT)');
    });

    it.each(['nested', 'required', 'requires-new'] as const)(
      '%s begins a transaction where there is none',
      async (propagation) => {
        await failureOf(room.db.withTransaction(() => fail('a'), { propagation }));
        await room.db.withTransaction(() => add('b'), { propagation });

        expect(await names()).toEqual(['b']);
      },
    );

    it('required joins: what it did is undone with the whole', async () => {
      const call = room.db.withTransaction(async () => {
        await add('outer');
        await room.db.withTransaction(() => add('joined'), { propagation: 'required' });
        throw new Error('undo all');
      });

      await expect(call).rejects.toThrow('undo all');
      expect(await names()).toEqual([]);
    });

    it('required answers the value of its callback', async () => {
      const answer = await room.db.withTransaction(() =>
        room.db.withTransaction(() => readValue(room.db, 'SELECT 42'), { propagation: 'required' }),
      );

      expect(answer).toBe(42);
    });

    it('mandatory joins', async () => {
      await room.db.withTransaction(() =>
        room.db.withTransaction(() => add('a'), { propagation: 'mandatory' }),
      );

      expect(await names()).toEqual(['a']);
    });

    it('mandatory is refused outside a transaction', async () => {
      let calls = 0;
      const callback = () => Promise.resolve(++calls);
      const failure = await failureOf(room.db.withTransaction(callback, { propagation: 'mandatory' }));

      expect(failure).toMatchObject({ outcome: 'not-applied' });
      expect(calls).toBe(0);
    });

    it('never is refused inside a transaction, which goes on', async () => {
      let calls = 0;
      const callback = () => Promise.resolve(++calls);
      let failure: Error | undefined;
      await room.db.withTransaction(async () => {
        failure = await failureOf(room.db.withTransaction(callback, { propagation: 'never' }));
        await add('a');
      });

      expect(failure).toMatchObject({ outcome: 'not-applied' });
      expect(calls).toBe(0);
      expect(await names()).toEqual(['a']);
    });

    it.each(['never', 'not-supported'] as const)(
      '%s runs without a transaction where there is none',
      async (propagation) => {
        await failureOf(room.db.withTransaction(() => fail('kept'), { propagation }));

        expect(await names()).toEqual(['kept']);
      },
    );

    it('requires-new is refused at once inside a write transaction, which goes on', async () => {
      let calls = 0;
      const callback = () => Promise.resolve(++calls);
      let failure: Error | undefined;
      await room.db.withTransaction(async () => {
        failure = await failureOf(room.db.withTransaction(callback, { propagation: 'requires-new' }));
        await add('a');
      });

      expect(failure).toMatchObject({ outcome: 'not-applied' });
      expect(calls).toBe(0);
      expect(await names()).toEqual(['a']);
    });

    if (readsBesideWriter) {
      it('requires-new reads what is committed when its mode is read', async () => {
        let seen: unknown;
        await room.db.withTransaction(async () => {
          await add('a');
          seen = await room.db.withTransaction(names, { propagation: 'requires-new', mode: 'read' });
        });

        expect(seen).toEqual([]);
        expect(await names()).toEqual(['a']);
      });

      it('not-supported leaves the transaction for the callback', async () => {
        let seen: unknown;
        await room.db.withTransaction(async () => {
          await add('a');
          seen = await room.db.withTransaction(names, { propagation: 'not-supported' });
          await add('b');
        });

        expect(seen).toEqual([]);
        expect(await names()).toEqual(['a', 'b']);
      });

      it('outsideTransaction leaves the transaction for its callback', async () => {
        let seen: unknown;
        await room.db.withTransaction(async () => {
          await add('a');
          seen = [await room.db.outsideTransaction(names), await names()];
        });

        expect(seen).toEqual([[], ['a']]);
      });
    }

    it('outsideTransaction answers what its callback answers', () => {
      expect(room.db.outsideTransaction(() => 42)).toBe(42);
    });

    it('outsideTransaction keeps a write even when the transaction around it is undone', async () => {
      let written: Promise<unknown> | undefined;
      await failureOf(
        room.db.withTransaction(async () => {
          await add('inside');
          written = room.db.outsideTransaction(() => add('outside'));
          throw new Error('undo');
        }),
      );
      await written;

      expect(await names()).toEqual(['outside']);
    });

    it('outsideTransaction serves what outlives the transaction in which it was started', async () => {
      const ended = createLatch();
      let late: Promise<unknown> | undefined;
      await room.db.withTransaction(async () => {
        await add('a');
        late = room.db.outsideTransaction(() => ended.opened.then(() => add('late')));
      });
      ended.open();
      await late;

      expect(await names()).toEqual(['a', 'late']);
    });
  });
}
