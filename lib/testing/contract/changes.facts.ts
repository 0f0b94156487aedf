import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { openEach, toArrays } from './facts.js';

/** What a result tells about a change: `rowsAffected` and `lastInsertRowid`. */
export function describeChanges(setup: ContractSetup, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;
  describe('a change', () => {
    const room = openEach(words, setup);

    beforeEach(async () => {
      await room.db.batch(
        [
          'CREATE TABLE books (id INTEGER PRIMARY KEY, name TEXT UNIQUE, sold INTEGER NOT NULL DEFAULT 0)',
          "INSERT INTO books (id, name) VALUES (1, 'Emma'), (2, 'Persuasion'), (3, 'Sanditon')",
        ],
        'write',
      );
    });

    it.each([
      ['INSERT', "INSERT INTO books (name) VALUES ('a'), ('b')", 2],
      ['INSERT … SELECT', "INSERT INTO books (name) SELECT name || '!' FROM books", 3],
      ['INSERT OR IGNORE of nothing', "INSERT OR IGNORE INTO books (name) VALUES ('Emma')", 0],
      ['upsert', "INSERT INTO books (name) VALUES ('Emma') ON CONFLICT (name) DO UPDATE SET sold = 1", 1],
      ['REPLACE', "REPLACE INTO books (id, name) VALUES (1, 'Emma')", 1],
      ['UPDATE', 'UPDATE books SET sold = 1 WHERE id > 1', 2],
      ['UPDATE to the same values', 'UPDATE books SET name = name', 3],
      ['UPDATE of nothing', 'UPDATE books SET sold = 1 WHERE id = 99', 0],
      ['DELETE', 'DELETE FROM books WHERE id < 3', 2],
      ['DELETE of everything', 'DELETE FROM books', 3],
      ['INSERT … RETURNING', "INSERT INTO books (name) VALUES ('a'), ('b') RETURNING id", 2],
      ['UPDATE … RETURNING', 'UPDATE books SET sold = 1 RETURNING id', 3],
      ['DELETE … RETURNING', 'DELETE FROM books WHERE id = 1 RETURNING id', 1],
      ['SELECT', 'SELECT * FROM books', 0],
      ['CREATE TABLE', 'CREATE TABLE authors (name TEXT)', 0],
      ['DROP TABLE', 'DROP TABLE books', 0],
    ])('counts the rows of %s', async (_name, sql, rowsAffected) => {
      expect((await room.db.execute(sql)).rowsAffected).toBe(rowsAffected);
    });

    it.each([
      ['INSERT', 'INSERT INTO books (id, name) VALUES (9007199254740993, ?) RETURNING id'],
      ['INSERT … SELECT', 'INSERT INTO books (id, name) SELECT 9007199254740993, ? RETURNING id'],
      [
        'INSERT … SELECT of many rows',
        `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100)
           INSERT INTO books (id, name) SELECT 9007199254740893 + n, ? || n FROM c RETURNING id`,
      ],
    ])('keeps what %s wrote, also when it returns an integer beyond 2^53', async (_name, sql) => {
      await expect(room.db.execute(sql, ['kept'])).rejects.toThrow(RangeError);

      const { rows } = await room.db.execute(
        "SELECT count(*) > 0 FROM books WHERE id = 9007199254740993 AND name LIKE 'kept%'",
      );
      expect(rows[0]?.[0]).toBe(1);
    });

    it('does not count what a trigger changes', async () => {
      await room.db.batch(
        [
          'CREATE TABLE log (name TEXT)',
          'CREATE TRIGGER logged AFTER INSERT ON books BEGIN INSERT INTO log VALUES (new.name), (new.name); END',
        ],
        'write',
      );
      const result = await room.db.execute("INSERT INTO books (name) VALUES ('a')");

      expect(result).toMatchObject({ rowsAffected: 1, lastInsertRowid: 4n });
    });

    it('does not count what ON DELETE CASCADE removes', async () => {
      await room.db.batch(
        [
          'CREATE TABLE copies (book INTEGER REFERENCES books (id) ON DELETE CASCADE)',
          'INSERT INTO copies VALUES (1), (1), (2)',
        ],
        'write',
      );
      const result = await room.db.execute('DELETE FROM books WHERE id = 1');

      expect(result.rowsAffected).toBe(1);
      expect(toArrays(await room.db.execute('SELECT book FROM copies'))).toEqual([[2]]);
    });

    it.each([
      ['INSERT', "INSERT INTO books (name) VALUES ('a')", 4n],
      ['INSERT of several rows', "INSERT INTO books (name) VALUES ('a'), ('b')", 5n],
      [
        'INSERT with its own id',
        "INSERT INTO books (id, name) VALUES (9007199254740993, 'a')",
        9007199254740993n,
      ],
      ['INSERT … RETURNING', "INSERT INTO books (name) VALUES ('a') RETURNING name", 4n],
      ['REPLACE', "REPLACE INTO books (id, name) VALUES (2, 'b')", 2n],
    ])('tells the row id of %s as a bigint', async (_name, sql, rowid) => {
      expect((await room.db.execute(sql)).lastInsertRowid).toBe(rowid);
    });

    it.each([
      [
        'an upsert that updates',
        "INSERT INTO books (id, name) VALUES (1, 'b') ON CONFLICT DO UPDATE SET sold = 1",
      ],
      ['INSERT OR IGNORE of nothing', "INSERT OR IGNORE INTO books (id, name) VALUES (1, 'b')"],
      ['INSERT … SELECT of nothing', "INSERT INTO books (name) SELECT 'x' WHERE 0"],
    ])('tells no row id of somebody else for %s', async (_name, sql) => {
      await room.db.execute("INSERT INTO books (id, name) VALUES (777, 'somebody else')");

      expect([0n, undefined]).toContain((await room.db.execute(sql)).lastInsertRowid);
    });

    it.each([
      ['SELECT', 'SELECT 1'],
      ['UPDATE', 'UPDATE books SET sold = 1'],
      ['DELETE', 'DELETE FROM books'],
      ['CREATE TABLE', 'CREATE TABLE authors (name TEXT)'],
    ])('has no row id for %s', async (_name, sql) => {
      expect((await room.db.execute(sql)).lastInsertRowid).toBeUndefined();
    });

    it('returns the rows of RETURNING with their columns', async () => {
      const result = await room.db.execute(
        'UPDATE books SET sold = id * 10 WHERE id < 3 RETURNING id, sold AS total',
      );

      expect(result.columns).toEqual(['id', 'total']);
      expect(toArrays(result)).toEqual([
        [1, 10],
        [2, 20],
      ]);
    });

    it('writes once with RETURNING', async () => {
      await room.db.execute("INSERT INTO books (name) VALUES ('a') RETURNING id");

      expect(toArrays(await room.db.execute('SELECT count(*) FROM books'))).toEqual([[4]]);
    });
  });
}
