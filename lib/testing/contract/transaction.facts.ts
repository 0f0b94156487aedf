import { LibsqlError, type TransactionMode } from '@libsql/core/api';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readColumn } from './facts.js';

/** `transaction()`: statements mixed with the caller's own logic. */
export function describeTransaction(setup: ContractSetup, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;
  describe('transaction', () => {
    const room = openEach(words, setup);
    const names = () => readColumn(room.db, 'SELECT name FROM books ORDER BY rowid');

    beforeEach(async () => {
      await room.db.execute('CREATE TABLE books (name TEXT UNIQUE)');
    });

    it('applies all its changes at commit', async () => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('a')");
      await tx.execute({ sql: 'INSERT INTO books VALUES (?)', args: ['b'] });
      await tx.commit();

      expect(await names()).toEqual(['a', 'b']);
    });

    it('applies none of its changes after rollback', async () => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('a')");
      await tx.rollback();

      expect(await names()).toEqual([]);
    });

    it('rolls back when it is closed without commit', async () => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('a')");
      tx.close();

      expect(await names()).toEqual([]);
    });

    it('sees its own changes', async () => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('a')");
      const seen = await readColumn(tx, 'SELECT name FROM books');
      tx.close();

      expect(seen).toEqual(['a']);
    });

    it('undoes a changed schema', async () => {
      const tx = await room.db.transaction('write');
      await tx.execute('CREATE TABLE authors (name TEXT)');
      await tx.execute('DROP TABLE books');
      await tx.rollback();

      expect(await readColumn(room.db, "SELECT name FROM sqlite_schema WHERE type = 'table'")).toEqual([
        'books',
      ]);
    });

    it('takes write as its mode when none is given', async () => {
      const tx = await room.db.transaction();
      await tx.execute("INSERT INTO books VALUES ('a')");
      await tx.commit();

      expect(await names()).toEqual(['a']);
    });

    it('writes in mode deferred', async () => {
      const tx = await room.db.transaction('deferred');
      await tx.execute('SELECT * FROM books');
      await tx.execute("INSERT INTO books VALUES ('a')");
      await tx.commit();

      expect(await names()).toEqual(['a']);
    });

    it('reads in mode read', async () => {
      await room.db.execute("INSERT INTO books VALUES ('a')");
      const tx = await room.db.transaction('read');
      const seen = await readColumn(tx, 'SELECT name FROM books');
      await tx.commit();

      expect(seen).toEqual(['a']);
    });

    it('refuses a mode that does not exist', async () => {
      const begin = async () => {
        const tx = await room.db.transaction('wirte' as TransactionMode);
        await tx.execute('SELECT 1');
      };

      await expect(begin()).rejects.toThrow(/mode/i);
    });

    it.each(['commit', 'rollback'] as const)('does nothing at %s when nothing ran in it', async (end) => {
      const tx = await room.db.transaction('write');
      await tx[end]();

      expect(tx.closed).toBe(true);
    });

    it.each(['commit', 'rollback', 'close'] as const)('is closed after %s and not before', async (end) => {
      const tx = await room.db.transaction('write');
      await tx.execute('SELECT 1');
      const before = tx.closed;
      await tx[end]();

      expect([before, tx.closed]).toEqual([false, true]);
    });

    it.each(['commit', 'rollback', 'close'] as const)('does nothing at close after %s', async (end) => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('a')");
      await tx[end]();
      tx.close();
      tx.close();

      expect(tx.closed).toBe(true);
      expect(await names()).toEqual(end === 'commit' ? ['a'] : []);
    });

    it.each(['commit', 'rollback', 'close'] as const)('refuses statements after %s', async (end) => {
      const tx = await room.db.transaction('write');
      await tx.execute('SELECT 1');
      await tx[end]();
      const calls = [
        () => tx.execute('SELECT 1'),
        () => tx.batch(['SELECT 1']),
        () => tx.executeMultiple('SELECT 1'),
        () => tx.commit(),
      ];

      for (const call of calls) {
        const failure = await failureOf(call);
        expect(failure).toBeInstanceOf(LibsqlError);
        expect(failure.code).toBe('TRANSACTION_CLOSED');
      }
    });

    it('keeps what it committed when rollback follows', async () => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('a')");
      await tx.commit();
      await tx.rollback();

      expect(await names()).toEqual(['a']);
    });

    it('lets rollback be called twice', async () => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('a')");
      await tx.rollback();
      await tx.rollback();

      expect(await names()).toEqual([]);
    });
  });
}
