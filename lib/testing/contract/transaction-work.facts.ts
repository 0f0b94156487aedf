import { LibsqlError } from '@libsql/core/api';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readColumn, readValue, toArrays } from './facts.js';

/** What statements do inside a transaction, and what a transaction means to others. */
export function describeTransactionWork(setup: ContractSetup, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;
  const { readsBesideWriter, commitsBesideReader } = setup.capabilities;

  describe('work in a transaction', () => {
    const room = openEach(words, setup);
    const names = () => readColumn(room.db, 'SELECT name FROM books ORDER BY rowid');

    beforeEach(async () => {
      await room.db.execute('CREATE TABLE books (name TEXT UNIQUE)');
    });

    it.each([
      ['a violated constraint', "INSERT INTO books VALUES ('a')"],
      ['a missing table', 'SELECT * FROM nowhere'],
      ['a syntax error', 'SELEC 1'],
    ])('goes on after %s', async (_name, failing) => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('a')");
      const failure = await failureOf(tx.execute(failing));
      await tx.execute("INSERT INTO books VALUES ('b')");
      await tx.commit();

      expect(failure).toBeInstanceOf(LibsqlError);
      expect(await names()).toEqual(['a', 'b']);
    });

    it('runs a batch and answers its results in order', async () => {
      const tx = await room.db.transaction('write');
      const results = await tx.batch([
        "INSERT INTO books VALUES ('a')",
        { sql: 'SELECT ? AS v', args: ['x'] },
        { sql: 'SELECT name FROM books WHERE name = :name', args: { name: 'a' } },
      ]);
      await tx.commit();

      expect(results.map(toArrays)).toEqual([[], [['x']], [['a']]]);
      expect(await names()).toEqual(['a']);
    });

    it('answers an empty batch with no results', async () => {
      const tx = await room.db.transaction('write');
      const results = await tx.batch([]);
      tx.close();

      expect(results).toEqual([]);
    });

    it('stops a batch at the first error, tells which statement it was, and is not rolled back', async () => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('a')");
      const failure = await failureOf(
        tx.batch([
          "INSERT INTO books VALUES ('b')",
          "INSERT INTO books VALUES ('a')",
          "INSERT INTO books VALUES ('c')",
        ]),
      );
      const closed = tx.closed;
      await tx.commit();

      expect(failure).toMatchObject({ code: 'SQLITE_CONSTRAINT', statementIndex: 1 });
      expect(closed).toBe(false);
      expect(await names()).toEqual(['a', 'b']);
    });

    it('runs a script', async () => {
      const tx = await room.db.transaction('write');
      await tx.executeMultiple("INSERT INTO books VALUES ('a'); INSERT INTO books VALUES ('b;');");
      await tx.rollback();

      expect(await names()).toEqual([]);
    });

    it('stops a script at the first error and is not rolled back', async () => {
      const tx = await room.db.transaction('write');
      await failureOf(
        tx.executeMultiple(
          "INSERT INTO books VALUES ('a'); INSERT INTO nowhere VALUES (1); INSERT INTO books VALUES ('b');",
        ),
      );
      await tx.commit();

      expect(await names()).toEqual(['a']);
    });

    it('runs statements that are not awaited one by one in their order', async () => {
      const tx = await room.db.transaction('write');
      const calls = ['a', 'b', 'c', 'd'].map((name) =>
        tx.execute({ sql: 'INSERT INTO books VALUES (?)', args: [name] }),
      );
      await Promise.all(calls);
      await tx.commit();

      expect(await names()).toEqual(['a', 'b', 'c', 'd']);
    });

    it('undoes to a savepoint and goes on', async () => {
      const tx = await room.db.transaction('write');
      await tx.execute('SAVEPOINT here');
      await tx.execute("INSERT INTO books VALUES ('a')");
      await tx.execute('ROLLBACK TO here');
      await tx.execute('RELEASE here');
      await tx.execute("INSERT INTO books VALUES ('b')");
      await tx.commit();

      expect(await names()).toEqual(['b']);
    });

    it('fails at commit when a deferred constraint is violated, and keeps nothing', async () => {
      await room.db.execute('CREATE TABLE parents (id INTEGER PRIMARY KEY)');
      await room.db.execute(
        'CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)',
      );
      const tx = await room.db.transaction('write');
      await tx.execute('INSERT INTO children VALUES (9)');
      const failure = await failureOf(tx.commit());
      tx.close();

      expect(failure.code).toBe('SQLITE_CONSTRAINT');
      expect(await readValue(room.db, 'SELECT count(*) FROM children')).toBe(0);
    });

    it('keeps a second writer waiting until it ends', async () => {
      const first = await room.db.transaction('write');
      await first.execute("INSERT INTO books VALUES ('a')");
      const second = (async () => {
        const tx = await room.db.transaction('write');
        await tx.execute("INSERT INTO books SELECT 'after ' || name FROM books");
        await tx.commit();
      })();
      await first.execute("INSERT INTO books VALUES ('b')");
      await first.commit();
      await second;

      expect(await names()).toEqual(['a', 'b', 'after a', 'after b']);
    });

    it('lets the next writer in after close without commit', async () => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('a')");
      tx.close();
      await room.db.execute("INSERT INTO books VALUES ('b')");

      expect(await names()).toEqual(['b']);
    });

    if (readsBesideWriter) {
      it('shows its changes to nobody else before commit', async () => {
        const tx = await room.db.transaction('write');
        await tx.execute("INSERT INTO books VALUES ('a')");
        const before = await names();
        await tx.commit();

        expect(before).toEqual([]);
        expect(await names()).toEqual(['a']);
      });

      it('runs several transactions of mode read at the same time', async () => {
        const transactions = await Promise.all([1, 2, 3].map(() => room.db.transaction('read')));
        const counts = await Promise.all(
          transactions.map((tx) => readValue(tx, 'SELECT count(*) FROM books')),
        );
        for (const tx of transactions) tx.close();

        expect(counts).toEqual([0, 0, 0]);
      });
    }

    if (readsBesideWriter && commitsBesideReader) {
      it('reads one state of the database in mode read, whatever others commit', async () => {
        const tx = await room.db.transaction('read');
        const before = await readValue(tx, 'SELECT count(*) FROM books');
        await room.db.execute("INSERT INTO books VALUES ('a')");
        const after = await readValue(tx, 'SELECT count(*) FROM books');
        tx.close();

        expect([before, after]).toEqual([0, 0]);
        expect(await names()).toEqual(['a']);
      });

      it('refuses to write in mode deferred when another one wrote after its first read', async () => {
        const tx = await room.db.transaction('deferred');
        await tx.execute('SELECT * FROM books');
        await room.db.execute("INSERT INTO books VALUES ('other')");
        const failure = await failureOf(tx.execute("INSERT INTO books VALUES ('mine')"));
        tx.close();

        expect(failure.code).toBe('SQLITE_BUSY');
        expect(await names()).toEqual(['other']);
      });
    }

    if (!commitsBesideReader) {
      it('waits with a write until a transaction of mode read has ended', async () => {
        const tx = await room.db.transaction('read');
        const before = await readValue(tx, 'SELECT count(*) FROM books');
        let isWritten = false;
        const write = room.db.execute("INSERT INTO books VALUES ('a')").then(() => (isWritten = true));
        await new Promise((resolve) => setTimeout(resolve, 50));
        const after = await readValue(tx, 'SELECT count(*) FROM books');
        const wasWritten = isWritten;
        tx.close();
        await write;

        expect([before, after, wasWritten]).toEqual([0, 0, false]);
        expect(await names()).toEqual(['a']);
      });
    }
  });
}
