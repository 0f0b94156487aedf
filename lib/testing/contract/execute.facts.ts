import type { InArgs } from '@libsql/core/api';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { openEach, readColumn, readRows, readValue, toArrays } from './facts.js';

/** The ways to call `execute`, and how arguments meet their parameters. */
export function describeExecute(setup: ContractSetup, words: ContractWords): void {
  const { describe, expect, it } = words;
  describe('execute', () => {
    const room = openEach(words, setup);

    it('takes a string', async () => {
      const result = await room.db.execute('SELECT 1 AS one');

      expect(toArrays(result)).toEqual([[1]]);
    });

    it('takes a string and positional arguments', async () => {
      const result = await room.db.execute('SELECT ? AS a, ? AS b', ['x', 'y']);

      expect(toArrays(result)).toEqual([['x', 'y']]);
    });

    it('takes a string and named arguments', async () => {
      const result = await room.db.execute('SELECT :a AS a, :b AS b', { a: 'x', b: 'y' });

      expect(toArrays(result)).toEqual([['x', 'y']]);
    });

    it('takes a statement object without arguments', async () => {
      expect(toArrays(await room.db.execute({ sql: 'SELECT 1' }))).toEqual([[1]]);
    });

    it('takes a statement object with positional arguments', async () => {
      expect(await readRows(room.db, 'SELECT ?, ?', ['x', 'y'])).toEqual([['x', 'y']]);
    });

    it('takes a statement object with named arguments', async () => {
      expect(await readRows(room.db, 'SELECT $year', { year: '1719' })).toEqual([['1719']]);
    });

    it('takes an empty list of arguments', async () => {
      expect(await readRows(room.db, 'SELECT 1', [])).toEqual([[1]]);
    });

    it('persists what a statement writes', async () => {
      await room.db.execute('CREATE TABLE books (name TEXT)');
      await room.db.execute('INSERT INTO books VALUES (?)', ['Emma']);

      expect(await readColumn(room.db, 'SELECT name FROM books')).toEqual(['Emma']);
    });

    it.each([
      'SELECT 1;',
      ' \n\tSELECT 1',
      '-- a comment\nSELECT 1',
      '/* a comment */ SELECT 1 -- end',
      ';SELECT 1;;',
    ])('runs one statement with what may surround it: %j', async (sql) => {
      expect(await readRows(room.db, sql)).toEqual([[1]]);
    });

    it.each([
      [
        'VALUES',
        "VALUES (1, 'a'), (2, 'b')",
        [
          [1, 'a'],
          [2, 'b'],
        ],
      ],
      ['WITH', 'WITH n(v) AS (SELECT 7) SELECT v FROM n', [[7]]],
      ['lower-case select', 'select 7', [[7]]],
      [
        'recursive WITH',
        'WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 3) SELECT v FROM n',
        [[1], [2], [3]],
      ],
    ])('answers the rows of %s', async (_name, sql, rows) => {
      expect(await readRows(room.db, sql)).toEqual(rows);
    });

    it('writes with WITH in front of INSERT', async () => {
      await room.db.execute('CREATE TABLE numbers (v INTEGER)');
      const result = await room.db.execute(
        'WITH n(v) AS (VALUES (1), (2)) INSERT INTO numbers SELECT v FROM n',
      );

      expect(result.rowsAffected).toBe(2);
      expect(await readColumn(room.db, 'SELECT v FROM numbers')).toEqual([1, 2]);
    });

    it('explains how a query would run', async () => {
      const result = await room.db.execute('EXPLAIN QUERY PLAN SELECT * FROM sqlite_schema');

      expect(result.columns).toEqual(['id', 'parent', 'notused', 'detail']);
    });

    it('runs every statement in its own logical connection', async () => {
      await room.db.execute('CREATE TABLE books (id INTEGER PRIMARY KEY, name TEXT UNIQUE)');
      await room.db.execute("INSERT INTO books VALUES (777, 'Emma')");
      const ignored = await room.db.execute("INSERT OR IGNORE INTO books VALUES (778, 'Emma')");

      expect(ignored.rowsAffected).toBe(0);
      expect(ignored.lastInsertRowid).not.toBe(777n);
    });

    it('sees a changed table in a statement that ran before the change', async () => {
      await room.db.execute('CREATE TABLE books (name TEXT)');
      await room.db.execute("INSERT INTO books VALUES ('Emma')");
      await room.db.execute('SELECT * FROM books');
      await room.db.execute('ALTER TABLE books ADD COLUMN year INTEGER DEFAULT 1815');
      const result = await room.db.execute('SELECT * FROM books');

      expect(result.columns).toEqual(['name', 'year']);
      expect(toArrays(result)).toEqual([['Emma', 1815]]);
    });

    it('names the columns as they are called now', async () => {
      await room.db.execute('CREATE TABLE books (name TEXT, year INTEGER)');
      await room.db.execute("INSERT INTO books VALUES ('Emma', 1815)");
      const read = async (): Promise<object> => ({
        ...(await room.db.execute('SELECT * FROM books')).rows[0],
      });
      const seen = [await read(), await read()];
      await room.db.execute('ALTER TABLE books RENAME COLUMN name TO title');
      seen.push(await read());
      await room.db.batch(
        ['ALTER TABLE books DROP COLUMN year', "ALTER TABLE books ADD COLUMN author TEXT DEFAULT 'Austen'"],
        'write',
      );
      seen.push(await read());
      await room.db.migrate([
        'DROP TABLE books',
        'CREATE TABLE books (author TEXT, title TEXT)',
        "INSERT INTO books VALUES ('Austen', 'Persuasion')",
      ]);
      seen.push(await read());

      expect(seen).toEqual([
        { name: 'Emma', year: 1815 },
        { name: 'Emma', year: 1815 },
        { title: 'Emma', year: 1815 },
        { title: 'Emma', author: 'Austen' },
        { author: 'Austen', title: 'Persuasion' },
      ]);
    });

    it('enforces foreign keys', async () => {
      expect(await readValue(room.db, 'PRAGMA foreign_keys')).toBe(1);
    });
  });

  describe('arguments', () => {
    const room = openEach(words, setup);

    it.each<[string, string, InArgs]>([
      [':name by bare name', 'SELECT :a', { a: 'x' }],
      ['@name by bare name', 'SELECT @a', { a: 'x' }],
      ['$name by bare name', 'SELECT $a', { a: 'x' }],
      [':name by :name', 'SELECT :a', { ':a': 'x' }],
      ['@name by @name', 'SELECT @a', { '@a': 'x' }],
      ['$name by $name', 'SELECT $a', { $a: 'x' }],
    ])('binds %s', async (_name, sql, args) => {
      expect(await readRows(room.db, sql, args)).toEqual([['x']]);
    });

    it('binds one name wherever it stands', async () => {
      expect(await readRows(room.db, 'SELECT :a, :b, :a', { a: 'x', b: 'y' })).toEqual([['x', 'y', 'x']]);
    });

    it('binds names whatever their order', async () => {
      expect(await readRows(room.db, 'SELECT :b, :a', { a: 'x', b: 'y' })).toEqual([['y', 'x']]);
    });

    it('binds numbered parameters by their number', async () => {
      expect(await readRows(room.db, 'SELECT ?2, ?1', ['x', 'y'])).toEqual([['y', 'x']]);
    });

    it('binds one numbered parameter wherever it stands', async () => {
      expect(await readRows(room.db, 'SELECT ?1, ?2, ?1', ['x', 'y'])).toEqual([['x', 'y', 'x']]);
    });

    it('binds plain and numbered parameters in one statement', async () => {
      expect(await readRows(room.db, 'SELECT ?, typeof(?1), ?', ['x', 'y'])).toEqual([['x', 'text', 'y']]);
    });

    it('leaves a question mark in a string or a comment alone', async () => {
      expect(await readRows(room.db, "SELECT '?', ? /* ? :a */ -- ?", ['x'])).toEqual([['?', 'x']]);
    });

    it('binds five hundred arguments', async () => {
      const args = Array.from({ length: 500 }, (_, index) => `v${index}`);
      const sql = `SELECT count(*) FROM (VALUES ${args.map(() => '(?)').join(', ')})`;

      expect(await readValue(room.db, sql, args)).toBe(500);
    });

    it('never reads an argument as SQL', async () => {
      await room.db.execute('CREATE TABLE books (name TEXT)');
      const name = "'); DROP TABLE books; --";
      await room.db.execute('INSERT INTO books VALUES (?)', [name]);

      expect(await readColumn(room.db, 'SELECT name FROM books')).toEqual([name]);
    });

    it.each<[string, string, InArgs | undefined]>([
      ['a positional argument that is missing', 'SELECT ?, ?', ['x']],
      ['all positional arguments missing', 'SELECT ?', undefined],
      ['a positional argument too many', 'SELECT ?', ['x', 'y']],
      ['an argument for a statement without parameters', 'SELECT 1', ['x']],
      ['a numbered argument that is missing', 'SELECT ?3, ?1', ['x', 'y']],
      ['a named argument that is missing', 'SELECT :a, :b', { a: 'x' }],
      ['a named argument that the statement does not have', 'SELECT :a', { a: 'x', b: 'y' }],
      ['a misspelt name', 'SELECT :name', { nmae: 'x' }],
      ['named arguments for positional parameters', 'SELECT ?', { a: 'x' }],
    ])('refuses %s', async (_name, sql, args) => {
      const call = args === undefined ? room.db.execute(sql) : room.db.execute(sql, args);

      await expect(call).rejects.toMatchObject({ code: 'ARGS_INVALID' });
    });
  });
}
