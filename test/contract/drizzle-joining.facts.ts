import type { DatabaseConnection } from '../../lib/index.js';
import { isDatabaseError } from '../../lib/index.js';
import type { ContractSetup } from '../../lib/testing/contract/contract-setup.js';
import type { ContractWords } from '../../lib/testing/contract/contract-words.js';
import { createDrizzleRepository, createTables } from './drizzle.facts.js';
import { failureOf, openEach } from '../../lib/testing/contract/facts.js';

/** The Drizzle repository, called inside `withTransaction`. */
export function describeDrizzleJoining(setup: ContractSetup<DatabaseConnection>, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;
  describe('Drizzle inside withTransaction', () => {
    const room = openEach(words, setup);
    let repository: ReturnType<typeof createDrizzleRepository>;

    beforeEach(async () => {
      await room.db.batch(createTables, 'write');
      repository = createDrizzleRepository(room.db);
    });

    it('joins it', async () => {
      const call = room.db.withTransaction(async () => {
        await repository.addAuthor('Austen');
        const seen = await repository.listAuthors();
        throw new Error(`saw ${seen.length}`);
      });

      await expect(call).rejects.toThrow('saw 1');
      expect(await repository.listAuthors()).toEqual([]);
    });

    it('shares it with plain SQL', async () => {
      await room.db.withTransaction(async (tx) => {
        await tx.execute("INSERT INTO authors (name) VALUES ('Austen')");
        await repository.addBook({ title: 'Emma', authorId: 1 });
      });

      expect(await repository.listBooks()).toEqual([{ title: 'Emma', author: 'Austen' }]);
    });

    it('turns its own transaction into a savepoint', async () => {
      await room.db.withTransaction(async () => {
        await repository.addAuthor('Austen');
        const inner = repository.db.transaction(async (tx) => {
          await tx.run("INSERT INTO authors (name) VALUES ('Brontë')");
          tx.rollback();
        });
        await failureOf(inner);
        await repository.db.transaction((tx) => tx.run("INSERT INTO authors (name) VALUES ('Carroll')"));
      });

      expect(await repository.listAuthors()).toEqual([{ name: 'Austen' }, { name: 'Carroll' }]);
    });

    it('is undone with it, its own committed transaction too', async () => {
      const call = room.db.withTransaction(async () => {
        await repository.db.transaction((tx) => tx.run("INSERT INTO authors (name) VALUES ('Austen')"));
        throw new Error('undo');
      });

      await expect(call).rejects.toThrow('undo');
      expect(await repository.listAuthors()).toEqual([]);
    });

    it('wraps errors in which isDatabaseError finds the constraint', async () => {
      await repository.addAuthor('Austen');
      const failure = await failureOf(repository.addAuthor('Austen'));

      expect([isDatabaseError(failure, 'constraint'), isDatabaseError(failure, 'busy')]).toEqual([
        true,
        false,
      ]);
    });
  });
}
