import type { DatabaseConnection } from '../../lib/index.js';
import type { ContractSetup } from '../../lib/testing/contract/contract-setup.js';
import type { ContractWords } from '../../lib/testing/contract/contract-words.js';
import { failureOf } from '../../lib/testing/contract/facts.js';
import { openKyselyEach } from './kysely.facts.js';

/** The Kysely repository, called inside `withTransaction`. */
export function describeKyselyJoining(setup: ContractSetup<DatabaseConnection>, words: ContractWords): void {
  const { describe, expect, it } = words;
  describe('Kysely inside withTransaction', () => {
    const room = openKyselyEach(words, setup);
    const { authorNames } = room;

    it('joins the transaction in which it is called', async () => {
      const call = room.db.withTransaction(async () => {
        await room.repository.addAuthor('Austen');
        const seen = await authorNames();
        throw new Error(`saw ${seen[0] as string}`);
      });

      await expect(call).rejects.toThrow('saw Austen');
      expect(await authorNames()).toEqual([]);
    });

    it('turns its own transaction into a savepoint of the one in which it is called', async () => {
      await room.db.withTransaction(async () => {
        await room.repository.addAuthor('Austen');
        await failureOf(
          room.repository.db.transaction().execute(async (trx) => {
            await trx.insertInto('authors').values({ name: 'Brontë' }).execute();
            throw new Error('undo');
          }),
        );
        await room.repository.db
          .transaction()
          .execute((trx) => trx.insertInto('authors').values({ name: 'Carroll' }).execute());
      });

      expect(await authorNames()).toEqual(['Austen', 'Carroll']);
    });
  });
}
