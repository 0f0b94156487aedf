import type { DatabaseConnection } from '../../lib/index.js';
import type { ContractSetup } from '../../lib/testing/contract/contract-setup.js';
import type { ContractWords } from '../../lib/testing/contract/contract-words.js';
import { failureOf, openEach, readColumn } from '../../lib/testing/contract/facts.js';
import { createKyselyRepository, createKyselyTables, type KyselyRepository } from './kysely.facts.js';

/** The Kysely repository, called inside `withTransaction`. */
export function describeKyselyJoining(setup: ContractSetup<DatabaseConnection>, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;
  describe('Kysely inside withTransaction', () => {
    const room = openEach(words, setup);
    let repository: KyselyRepository;
    const authorNames = () => readColumn(room.db, 'SELECT name FROM authors ORDER BY id');

    beforeEach(async () => {
      repository = createKyselyRepository(room.db);
      await createKyselyTables(repository.db);
    });

    it('joins the transaction in which it is called', async () => {
      const call = room.db.withTransaction(async () => {
        await repository.addAuthor('Austen');
        const seen = await authorNames();
        throw new Error(`saw ${seen[0] as string}`);
      });

      await expect(call).rejects.toThrow('saw Austen');
      expect(await authorNames()).toEqual([]);
    });

    it('turns its own transaction into a savepoint of the one in which it is called', async () => {
      await room.db.withTransaction(async () => {
        await repository.addAuthor('Austen');
        await failureOf(
          repository.db.transaction().execute(async (trx) => {
            await trx.insertInto('authors').values({ name: 'Brontë' }).execute();
            throw new Error('undo');
          }),
        );
        await repository.db
          .transaction()
          .execute((trx) => trx.insertInto('authors').values({ name: 'Carroll' }).execute());
      });

      expect(await authorNames()).toEqual(['Austen', 'Carroll']);
    });
  });
}
