import { LibsqlBatchError, type TransactionMode } from '@libsql/core/api';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readColumn, readRows, toArrays } from './facts.js';

/** `batch`, `migrate` and `executeMultiple`: many statements in one call. */
export function describeBatch(setup: ContractSetup, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;
  describe('batch', () => {
    const room = openEach(words, setup);

    beforeEach(async () => {
      await room.db.execute('CREATE TABLE books (name TEXT UNIQUE)');
    });

    it('takes strings, objects and tuples, and answers their results in order', async () => {
      const results = await room.db.batch([
        'SELECT 1 AS a',
        { sql: 'SELECT ? AS b', args: ['x'] },
        { sql: 'SELECT :c AS c', args: { c: 'y' } },
        ['SELECT ? AS d', ['z']],
        ['SELECT :e AS e', { e: 'named' }],
        ['SELECT 2 AS f'],
      ]);

      expect(results.map((result) => result.columns[0])).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
      expect(results.map((result) => toArrays(result)[0]?.[0])).toEqual([1, 'x', 'y', 'z', 'named', 2]);
    });

    it('answers an empty batch with no results', async () => {
      expect(await room.db.batch([])).toEqual([]);
    });

    it.each<TransactionMode>(['write', 'deferred'])('writes in mode %s', async (mode) => {
      await room.db.batch(
        ["INSERT INTO books VALUES ('Emma')", "INSERT INTO books VALUES ('Persuasion')"],
        mode,
      );

      expect(await readColumn(room.db, 'SELECT name FROM books')).toEqual(['Emma', 'Persuasion']);
    });

    it('writes without a mode', async () => {
      await room.db.batch(["INSERT INTO books VALUES ('Emma')"]);

      expect(await readColumn(room.db, 'SELECT name FROM books')).toEqual(['Emma']);
    });

    it('reads in mode read', async () => {
      const results = await room.db.batch(['SELECT 1', 'SELECT count(*) FROM books'], 'read');

      expect(results.map(toArrays)).toEqual([[[1]], [[0]]]);
    });

    it('refuses a mode that does not exist', async () => {
      await expect(room.db.batch(['SELECT 1'], 'wirte' as TransactionMode)).rejects.toThrow(/mode/i);
    });

    it('lets a statement see what the ones before it wrote', async () => {
      const results = await room.db.batch(
        ["INSERT INTO books VALUES ('Emma')", 'SELECT name FROM books'],
        'write',
      );

      expect(toArrays(results[1])).toEqual([['Emma']]);
    });

    it('tells rows and row id of every statement', async () => {
      const results = await room.db.batch(
        [
          "INSERT INTO books VALUES ('a'), ('b')",
          "UPDATE books SET name = name || '!'",
          "DELETE FROM books WHERE name = 'a!'",
        ],
        'write',
      );

      expect(results.map((result) => result.rowsAffected)).toEqual([2, 2, 1]);
      expect(results[0]?.lastInsertRowid).toBe(2n);
    });

    it('keeps nothing when a statement fails', async () => {
      const failure = await failureOf(
        room.db.batch(
          ["INSERT INTO books VALUES ('a')", "INSERT INTO books VALUES ('a')", 'SELECT 1'],
          'write',
        ),
      );

      expect(failure.code).toBe('SQLITE_CONSTRAINT');
      expect(await readColumn(room.db, 'SELECT name FROM books')).toEqual([]);
    });

    it('keeps nothing of a changed schema when a statement fails', async () => {
      await failureOf(room.db.batch(['CREATE TABLE authors (name TEXT)', 'SELECT * FROM nowhere'], 'write'));

      expect(await readColumn(room.db, "SELECT name FROM sqlite_schema WHERE name = 'authors'")).toEqual([]);
    });

    it.each([0, 1, 2])('tells that statement %d failed', async (index) => {
      const statements = ['SELECT 1', 'SELECT 2', 'SELECT 3'].with(index, 'SELECT * FROM nowhere');
      const failure = await failureOf(room.db.batch(statements, 'write'));

      expect(failure).toBeInstanceOf(LibsqlBatchError);
      expect(failure).toMatchObject({ statementIndex: index });
    });

    it('fails when a constraint is violated only at commit', async () => {
      await room.db.execute('CREATE TABLE parents (id INTEGER PRIMARY KEY)');
      await room.db.execute(
        'CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)',
      );
      const failure = await failureOf(
        room.db.batch(['INSERT INTO children VALUES (9)', 'SELECT 1'], 'write'),
      );

      expect(failure.code).toBe('SQLITE_CONSTRAINT');
      expect(await readColumn(room.db, 'SELECT parent FROM children')).toEqual([]);
    });

    it('runs the next call after a failure', async () => {
      await failureOf(room.db.batch(["INSERT INTO books VALUES ('a')", 'SELECT * FROM nowhere'], 'write'));
      await room.db.batch(["INSERT INTO books VALUES ('a')"], 'write');

      expect(await readColumn(room.db, 'SELECT name FROM books')).toEqual(['a']);
    });

    it('runs five hundred statements', async () => {
      const statements = Array.from({ length: 500 }, (_, index) => ({
        sql: 'INSERT INTO books VALUES (?)',
        args: [`book ${index}`],
      }));
      const results = await room.db.batch(statements, 'write');

      expect(results.length).toBe(500);
      expect(await readRows(room.db, 'SELECT count(*) FROM books')).toEqual([[500]]);
    });
  });

  describe('migrate', () => {
    const room = openEach(words, setup);

    beforeEach(async () => {
      await room.db.batch(
        [
          'CREATE TABLE authors (id INTEGER PRIMARY KEY)',
          'CREATE TABLE books (name TEXT, author INTEGER REFERENCES authors (id))',
        ],
        'write',
      );
    });

    it('runs statements and answers their results in order', async () => {
      const results = await room.db.migrate([
        'CREATE TABLE copies (name TEXT)',
        { sql: 'INSERT INTO copies VALUES (?)', args: ['Emma'] },
        { sql: 'SELECT name FROM copies WHERE name = :name', args: { name: 'Emma' } },
      ]);

      expect(results.map(toArrays)).toEqual([[], [], [['Emma']]]);
    });

    it('does not enforce foreign keys while it runs', async () => {
      await room.db.migrate(["INSERT INTO books VALUES ('Emma', 99)"]);

      expect(await readRows(room.db, 'SELECT name, author FROM books')).toEqual([['Emma', 99]]);
    });

    it('rebuilds a referenced table without losing the rows that refer to it', async () => {
      await room.db.batch(
        ['INSERT INTO authors VALUES (1)', "INSERT INTO books VALUES ('Emma', 1)"],
        'write',
      );
      await room.db.migrate([
        'CREATE TABLE new_authors (id INTEGER PRIMARY KEY, name TEXT)',
        "INSERT INTO new_authors SELECT id, 'Austen' FROM authors",
        'DROP TABLE authors',
        'ALTER TABLE new_authors RENAME TO authors',
      ]);

      expect(
        await readRows(room.db, 'SELECT b.name, a.name FROM books b JOIN authors a ON a.id = b.author'),
      ).toEqual([['Emma', 'Austen']]);
    });

    it('enforces foreign keys again afterwards', async () => {
      await room.db.migrate(['SELECT 1']);

      await expect(room.db.execute("INSERT INTO books VALUES ('Emma', 99)")).rejects.toMatchObject({
        code: 'SQLITE_CONSTRAINT',
      });
    });

    it('enforces foreign keys again after a failure', async () => {
      await failureOf(room.db.migrate(['SELECT * FROM nowhere']));

      await expect(room.db.execute("INSERT INTO books VALUES ('Emma', 99)")).rejects.toMatchObject({
        code: 'SQLITE_CONSTRAINT',
      });
    });

    it('keeps nothing when a statement fails, and tells which one', async () => {
      const failure = await failureOf(
        room.db.migrate(['CREATE TABLE copies (name TEXT)', 'SELECT * FROM nowhere']),
      );

      expect(failure).toBeInstanceOf(LibsqlBatchError);
      expect(failure).toMatchObject({ statementIndex: 1 });
      expect(await readColumn(room.db, "SELECT name FROM sqlite_schema WHERE name = 'copies'")).toEqual([]);
    });
  });
}
