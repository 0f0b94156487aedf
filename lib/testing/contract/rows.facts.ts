import type { Value } from '@libsql/core/api';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { openEach, toArrays } from './facts.js';

/** What a row is, and what a result tells beside its rows. */
export function describeRows(setup: ContractSetup, words: ContractWords): void {
  const { describe, expect, it } = words;
  describe('a row', () => {
    const room = openEach(words, setup);
    const readRow = async (sql: string) =>
      (await room.db.execute(sql)).rows[0] as Record<string | number, Value>;

    it('is read by name and by index', async () => {
      const row = await readRow("SELECT 1 AS id, 'Emma' AS name");

      expect([row.id, row.name, row[0], row[1]]).toEqual([1, 'Emma', 1, 'Emma']);
    });

    it('knows its length', async () => {
      expect((await readRow('SELECT 1 AS a, 2 AS b, 3 AS c')).length).toBe(3);
    });

    it('enumerates its names only', async () => {
      const row = await readRow('SELECT 1 AS b, 2 AS a');
      const seen: string[] = [];
      for (const name in row) seen.push(name);

      expect(Object.keys(row)).toEqual(['b', 'a']);
      expect(seen).toEqual(['b', 'a']);
    });

    it('spreads into a plain object of its names', async () => {
      expect({ ...(await readRow('SELECT 1 AS a, 2 AS b')) }).toEqual({ a: 1, b: 2 });
    });

    it('prints as JSON by its names', async () => {
      expect(JSON.stringify(await readRow("SELECT 1 AS a, NULL AS b, 'é' AS c"))).toBe(
        '{"a":1,"b":null,"c":"é"}',
      );
    });

    it('becomes an array of its values', async () => {
      const row = (await readRow("SELECT 1 AS a, 'x' AS b")) as unknown as ArrayLike<Value>;

      expect(Array.from(row)).toEqual([1, 'x']);
      expect(Array.prototype.slice.call(row)).toEqual([1, 'x']);
      expect(Array.prototype.map.call(row, String)).toEqual(['1', 'x']);
    });

    it('has nothing behind its last index', async () => {
      expect((await readRow('SELECT 1 AS a'))[1]).toBeUndefined();
    });

    it('lets a named value be replaced', async () => {
      const row = await readRow('SELECT 1 AS a');
      row.a = 2;

      expect({ ...row }).toEqual({ a: 2 });
    });

    it('keeps the first of two columns with one name, and both by index', async () => {
      const row = await readRow('SELECT 1 AS a, 2 AS a, 3 AS b');

      expect(row.a).toBe(1);
      expect(Object.keys(row)).toEqual(['a', 'b']);
      expect([row[0], row[1], row[2], row.length]).toEqual([1, 2, 3, 3]);
    });

    it.each([
      '',
      ' ',
      'a b',
      'q"q',
      "q'q",
      'größe',
      '数',
      '🙂',
      'count(*)',
      'constructor',
      'toString',
      'hasOwnProperty',
    ])('is read by a column that is named %j', async (name) => {
      const row = await readRow(`SELECT 'x' AS before, 'y' AS "${name.replaceAll('"', '""')}"`);

      expect(row[name]).toBe('y');
      expect(Object.keys(row)).toEqual(['before', name]);
      expect([row[0], row[1], row.length]).toEqual(['x', 'y', 2]);
    });

    it('holds a column __proto__ as a value, not as its prototype', async () => {
      const row = await readRow('SELECT \'x\' AS "__proto__", 2 AS b');

      expect(Object.getOwnPropertyDescriptor(row, '__proto__')?.value).toBe('x');
      expect([row[0], row[1], row.length]).toEqual(['x', 2, 2]);
      expect(Object.keys(row)).toEqual(['__proto__', 'b']);
    });

    it('keeps its length although a column is named length', async () => {
      const row = await readRow('SELECT \'x\' AS "length", 2 AS b');

      expect([row.length, row[0], row[1]]).toEqual([2, 'x', 2]);
      expect(Object.keys(row)).toEqual(['b']);
    });

    it('keeps its indexes although a column is named like one', async () => {
      const row = await readRow("SELECT 'x' AS a, 'y' AS \"0\", 'z' AS \"7\"");

      expect([row[0], row[1], row[2], row[7], row.length]).toEqual(['x', 'y', 'z', 'z', 3]);
    });

    it('holds five hundred columns', async () => {
      const columns = Array.from({ length: 500 }, (_, index) => `${index} AS c${index}`);
      const row = await readRow(`SELECT ${columns.join(', ')}`);

      expect([row.length, row.c0, row.c499, row[499]]).toEqual([500, 0, 499, 499]);
    });
  });

  describe('a result', () => {
    const room = openEach(words, setup);

    it('names its columns', async () => {
      const result = await room.db.execute('SELECT 1 AS one, 1 + 1, 2 AS one');

      expect(result.columns).toEqual(['one', '1 + 1', 'one']);
    });

    it('tells the declared types of columns, and an empty string for expressions', async () => {
      await room.db.execute(
        'CREATE TABLE books (id INTEGER PRIMARY KEY, name VARCHAR(10), price "double precision", any)',
      );
      const result = await room.db.execute(
        "SELECT id, name, price, any, id + 1, name || 'x', count(*) FROM books",
      );

      expect(result.columnTypes).toEqual(['INTEGER', 'VARCHAR(10)', 'double precision', '', '', '', '']);
    });

    it('tells the declared types through a view and under another name', async () => {
      await room.db.execute('CREATE TABLE books (id INTEGER PRIMARY KEY, name TEXT)');
      await room.db.execute('CREATE VIEW names AS SELECT name AS title, id + 1 AS next FROM books');
      const result = await room.db.execute('SELECT title AS t, next FROM names');

      expect(result.columnTypes).toEqual(['TEXT', '']);
    });

    it('keeps its columns without a row', async () => {
      await room.db.execute('CREATE TABLE books (id INTEGER, name TEXT)');
      const result = await room.db.execute('SELECT id, name FROM books');

      expect(result).toMatchObject({ columns: ['id', 'name'], columnTypes: ['INTEGER', 'TEXT'] });
      expect(result.rows).toEqual([]);
    });

    it('has no columns for a statement without rows', async () => {
      const result = await room.db.execute('CREATE TABLE books (id INTEGER)');

      expect(result).toMatchObject({ columns: [], columnTypes: [] });
      expect(result.rows).toEqual([]);
    });

    it('holds a thousand rows in order', async () => {
      const result = await room.db.execute(
        "WITH RECURSIVE n(v) AS (SELECT 0 UNION ALL SELECT v + 1 FROM n WHERE v < 999) SELECT v, 'row ' || v AS name FROM n",
      );

      expect(result.rows.length).toBe(1000);
      expect(result.rows.every((row, index) => row.v === index && row[1] === `row ${index}`)).toBe(true);
    });

    it('becomes JSON with rows as arrays, blobs in base64 and the row id as a string', async () => {
      await room.db.execute('CREATE TABLE books (id INTEGER PRIMARY KEY, cover BLOB, name TEXT)');
      const result = await room.db.execute(
        "INSERT INTO books VALUES (7, x'0102ff', NULL) RETURNING id, cover, name",
      );

      const json = {
        columns: ['id', 'cover', 'name'],
        columnTypes: ['INTEGER', 'BLOB', 'TEXT'],
        rows: [[7, 'AQL/', null]],
        rowsAffected: 1,
        lastInsertRowid: '7',
      };
      expect(result.toJSON()).toEqual(json);
      expect(JSON.parse(JSON.stringify(result))).toEqual(json);
    });

    it('becomes JSON with null where there is no row id', async () => {
      expect((await room.db.execute('SELECT 1 AS a')).toJSON()).toMatchObject({
        lastInsertRowid: null,
        rowsAffected: 0,
      });
    });

    it('gives rows that are equal to plain objects', async () => {
      expect((await room.db.execute('SELECT 1 AS a, NULL AS b')).rows).toEqual([{ a: 1, b: null }]);
    });

    it('gives every row its own values', async () => {
      expect(toArrays(await room.db.execute("VALUES (1, 'a'), (NULL, 'b'), (3, NULL)"))).toEqual([
        [1, 'a'],
        [null, 'b'],
        [3, null],
      ]);
    });
  });
}
