import type { DatabaseConnection } from '../../database/database-connection.js';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readColumn, readValue } from './facts.js';

const readOnly = { code: 'SQLITE_READONLY', kind: 'read-only', outcome: 'not-applied' };

/** What can never leave a transaction by accident. */
export function describeGuardedTransaction(
  setup: ContractSetup<DatabaseConnection>,
  words: ContractWords,
): void {
  const { beforeEach, describe, expect, it } = words;
  const writes = [
    "INSERT INTO books VALUES ('b')",
    "INSERT INTO books VALUES ('b') RETURNING name",
    "WITH n(v) AS (VALUES ('b')) INSERT INTO books SELECT v FROM n",
    "UPDATE books SET name = 'b'",
    'DELETE FROM books',
    'CREATE TABLE authors (name TEXT)',
    'PRAGMA user_version = 7',
  ];

  describe('mode read', () => {
    const room = openEach(words, setup);

    beforeEach(async () => {
      await room.db.batch(
        ['CREATE TABLE books (name TEXT UNIQUE)', "INSERT INTO books VALUES ('a')"],
        'write',
      );
    });

    it.each(writes)('refuses %j in a transaction, which goes on', async (sql) => {
      const tx = await room.db.transaction('read');
      const failure = await failureOf(tx.execute(sql));
      const seen = await readColumn(tx, 'SELECT name FROM books');
      await tx.commit();

      expect(failure).toMatchObject(readOnly);
      expect(seen).toEqual(['a']);
      expect(await readColumn(room.db, 'SELECT name FROM books')).toEqual(['a']);
    });

    it('refuses to write in a batch', async () => {
      const failure = await failureOf(room.db.batch(['SELECT 1', "INSERT INTO books VALUES ('b')"], 'read'));

      expect(failure).toMatchObject(readOnly);
      expect(await readColumn(room.db, 'SELECT name FROM books')).toEqual(['a']);
    });

    it('refuses to write in a script', async () => {
      const tx = await room.db.transaction('read');
      const failure = await failureOf(tx.executeMultiple("SELECT 1; INSERT INTO books VALUES ('b')"));
      await tx.commit();

      expect(failure).toMatchObject(readOnly);
      expect(await readColumn(room.db, 'SELECT name FROM books')).toEqual(['a']);
    });

    it('lets others write again when it is over', async () => {
      const tx = await room.db.transaction('read');
      await tx.execute('SELECT 1');
      await tx.commit();
      await room.db.execute("INSERT INTO books VALUES ('b')");

      expect(await readValue(room.db, 'SELECT count(*) FROM books')).toBe(2);
    });
  });

  describe('a transaction that the engine rolls back', () => {
    const room = openEach(words, setup);
    const names = () => readColumn(room.db, 'SELECT name FROM books');

    beforeEach(async () => {
      await room.db.batch(
        [
          'CREATE TABLE books (name TEXT UNIQUE)',
          "INSERT INTO books VALUES ('a')",
          "CREATE TRIGGER no BEFORE INSERT ON books WHEN new.name = 'raise' BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
        ],
        'write',
      );
    });

    it.each(["INSERT OR ROLLBACK INTO books VALUES ('a')", "INSERT INTO books VALUES ('raise')"])(
      'is over after %j and keeps nothing',
      async (sql) => {
        const tx = await room.db.transaction('write');
        await tx.execute("INSERT INTO books VALUES ('b')");
        const failure = await failureOf(tx.execute(sql));
        const later = await failureOf(tx.execute("INSERT INTO books VALUES ('c')"));
        const commit = await failureOf(tx.commit());

        expect(failure).toMatchObject({
          code: 'SQLITE_CONSTRAINT',
          kind: 'constraint',
          outcome: 'not-applied',
        });
        expect([later.code, commit.code, tx.closed]).toEqual([
          'TRANSACTION_CLOSED',
          'TRANSACTION_CLOSED',
          true,
        ]);
        expect(await names()).toEqual(['a']);
      },
    );

    it('keeps nothing of statements that were on their way', async () => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('b')");
      const settled = await Promise.allSettled([
        tx.execute("INSERT OR ROLLBACK INTO books VALUES ('a')"),
        tx.execute("INSERT INTO books VALUES ('c')"),
        tx.batch(["INSERT INTO books VALUES ('d')", "INSERT INTO books VALUES ('e')"]),
        tx.executeMultiple("INSERT INTO books VALUES ('f'); INSERT INTO books VALUES ('g')"),
      ]);
      tx.close();

      expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
      expect(await names()).toEqual(['a']);
    });

    it('keeps nothing of the rest of its batch', async () => {
      const tx = await room.db.transaction('write');
      const failure = await failureOf(
        tx.batch([
          "INSERT INTO books VALUES ('b')",
          "INSERT OR ROLLBACK INTO books VALUES ('a')",
          "INSERT INTO books VALUES ('c')",
        ]),
      );
      tx.close();

      expect(failure).toMatchObject({ code: 'SQLITE_CONSTRAINT', statementIndex: 1 });
      expect(await names()).toEqual(['a']);
    });

    it('keeps nothing of the rest of its script', async () => {
      const tx = await room.db.transaction('write');
      await failureOf(
        tx.executeMultiple("INSERT OR ROLLBACK INTO books VALUES ('a'); INSERT INTO books VALUES ('c')"),
      );
      tx.close();

      expect(await names()).toEqual(['a']);
    });

    it('keeps nothing when it is a batch', async () => {
      const failure = await failureOf(
        room.db.batch(
          [
            "INSERT INTO books VALUES ('b')",
            "INSERT OR ROLLBACK INTO books VALUES ('a')",
            "INSERT INTO books VALUES ('c')",
          ],
          'write',
        ),
      );

      expect(failure).toMatchObject({ code: 'SQLITE_CONSTRAINT', statementIndex: 1 });
      expect(await names()).toEqual(['a']);
    });

    it('fails withTransaction although its callback caught the error', async () => {
      const call = room.db.withTransaction(async (tx) => {
        await tx.execute("INSERT INTO books VALUES ('b')");
        await failureOf(tx.execute("INSERT OR ROLLBACK INTO books VALUES ('a')"));
      });

      await expect(call).rejects.toMatchObject({ outcome: 'not-applied' });
      expect(await names()).toEqual(['a']);
    });

    it('lets the next writer in', async () => {
      const tx = await room.db.transaction('write');
      await failureOf(tx.execute("INSERT OR ROLLBACK INTO books VALUES ('a')"));
      tx.close();
      await room.db.execute("INSERT INTO books VALUES ('b')");

      expect(await names()).toEqual(['a', 'b']);
    });
  });

  describe('SQL inside a transaction', () => {
    const room = openEach(words, setup);

    beforeEach(async () => {
      await room.db.execute('CREATE TABLE books (name TEXT)');
    });

    it.each(['COMMIT', '/* x */ end', 'ROLLBACK', 'BEGIN', 'commit transaction'])(
      'must not be %j, and the transaction goes on',
      async (sql) => {
        const tx = await room.db.transaction('write');
        await tx.execute("INSERT INTO books VALUES ('a')");
        const failures = [
          await failureOf(tx.execute(sql)),
          await failureOf(tx.batch(['SELECT 1', sql])),
          await failureOf(tx.executeMultiple(`SELECT 1; ${sql}`)),
        ];
        await tx.rollback();

        expect(failures.map(({ code }) => code)).toEqual([
          'TRANSACTION_CONTROL',
          'TRANSACTION_CONTROL',
          'TRANSACTION_CONTROL',
        ]);
        expect(await readValue(room.db, 'SELECT count(*) FROM books')).toBe(0);
      },
    );

    it('nests savepoints', async () => {
      const tx = await room.db.transaction('write');
      await tx.executeMultiple(
        "SAVEPOINT outer_one; INSERT INTO books VALUES ('a'); SAVEPOINT inner_one; INSERT INTO books VALUES ('b');",
      );
      await tx.execute('ROLLBACK TRANSACTION TO SAVEPOINT inner_one');
      await tx.execute('RELEASE SAVEPOINT outer_one');
      await tx.commit();

      expect(await readColumn(room.db, 'SELECT name FROM books')).toEqual(['a']);
    });

    it('may not attach databases or set the session', async () => {
      const tx = await room.db.transaction('write');
      const failures = [
        await failureOf(tx.execute("ATTACH ':memory:' AS other")),
        await failureOf(tx.execute('PRAGMA query_only = 1')),
      ];
      tx.close();

      expect(failures.map(({ code }) => code)).toEqual(['STATEMENT_NOT_SUPPORTED', 'PRAGMA_NOT_SUPPORTED']);
    });

    it('may defer foreign keys to the commit', async () => {
      await room.db.execute('CREATE TABLE t (a INTEGER PRIMARY KEY, b REFERENCES t (a))');
      const tx = await room.db.transaction('write');
      await tx.execute('PRAGMA defer_foreign_keys = ON');
      await tx.execute('INSERT INTO t VALUES (1, 2)');
      await tx.execute('INSERT INTO t VALUES (2, 2)');
      await tx.commit();

      expect(await readValue(room.db, 'SELECT count(*) FROM t')).toBe(2);
      await expect(room.db.execute('INSERT INTO t VALUES (3, 9)')).rejects.toMatchObject({
        kind: 'constraint',
      });
    });
  });
}
