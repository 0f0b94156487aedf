import type { Row, Value } from '@libsql/core/api';
import type { DatabaseConnection } from '../../database/database-connection.js';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readValue, toArrays } from './facts.js';

/** The numbers from 1 to `count`, one row each. */
export const countTo = (count: number): string =>
  `WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < ${count}) SELECT v FROM n`;

/** Every row of a stream as an array. */
export async function collect(rows: AsyncIterable<Row>): Promise<Value[][]> {
  const arrays: Value[][] = [];
  for await (const row of rows) arrays.push(Array.from(row as unknown as ArrayLike<Value>));
  return arrays;
}

/** What `stream` reads. */
export function describeStream(setup: ContractSetup<DatabaseConnection>, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;

  describe('stream', () => {
    const room = openEach(words, setup);

    beforeEach(async () => {
      await room.db.batch(
        [
          'CREATE TABLE books (id INTEGER PRIMARY KEY, name TEXT, price REAL, cover BLOB)',
          "INSERT INTO books VALUES (1, 'Emma', 9.5, x'0102'), (2, NULL, NULL, NULL), (3, '', 0, x'')",
        ],
        'write',
      );
    });

    it('answers the rows that execute answers', async () => {
      const sql = 'SELECT *, id AS id, typeof(price) FROM books ORDER BY id';

      expect(await collect(room.db.stream(sql))).toEqual(toArrays(await room.db.execute(sql)));
    });

    it('answers rows that are read by name and by index', async () => {
      const seen: unknown[] = [];
      for await (const row of room.db.stream<{ name: string }>('SELECT id, name FROM books WHERE id = 1'))
        seen.push(row.name, row[1], row.length, { ...row });

      expect(seen).toEqual(['Emma', 'Emma', 2, { id: 1, name: 'Emma' }]);
    });

    it.each<[string, Parameters<DatabaseConnection['stream']>]>([
      ['a text and a list', ['SELECT name FROM books WHERE id = ?', [1]]],
      ['a text and names', ['SELECT name FROM books WHERE id = :id', { id: 1 }]],
      ['an object', [{ sql: 'SELECT name FROM books WHERE id = ?', args: [1], timeoutMs: 5_000 }]],
      ['a pair', [['SELECT name FROM books WHERE id = ?', [1]]]],
    ])('takes %s', async (_name, input) => {
      expect(await collect(room.db.stream(...input))).toEqual([['Emma']]);
    });

    it('answers ten thousand rows in order', async () => {
      const rows = await collect(room.db.stream(countTo(10_000)));

      expect(rows.map(([v]) => v)).toEqual(Array.from({ length: 10_000 }, (_, index) => index + 1));
    });

    it('answers a row longer than a packet', async () => {
      expect(await collect(room.db.stream("SELECT printf('%.*c', 300000, 'x')"))).toEqual([
        ['x'.repeat(300_000)],
      ]);
    });

    it('is over at once where there is no row', async () => {
      expect(await collect(room.db.stream('SELECT * FROM books WHERE id > 3'))).toEqual([]);
    });

    it('runs nothing before its first row is wanted', async () => {
      const rows = room.db.stream('SELECT name FROM books WHERE id = 4');
      await room.db.execute("INSERT INTO books (id, name) VALUES (4, 'Persuasion')");

      expect(await collect(rows)).toEqual([['Persuasion']]);
    });

    it('answers several streams at the same time', async () => {
      const counts = [1, 2, 3].map(async (n) => (await collect(room.db.stream(countTo(n * 1_000)))).length);

      expect(await Promise.all(counts)).toEqual([1_000, 2_000, 3_000]);
    });

    it('answers on a view', async () => {
      const view = room.db.withOptions({ timeoutMs: 5_000 });

      expect(await collect(view.stream('SELECT id FROM books'))).toEqual([[1], [2], [3]]);
    });

    it.each([
      "INSERT INTO books (name) VALUES ('Ivanhoe')",
      "INSERT INTO books (name) VALUES ('Ivanhoe') RETURNING id",
      "WITH n(v) AS (SELECT 'Ivanhoe') INSERT INTO books (name) SELECT v FROM n RETURNING id",
      'DELETE FROM books',
      'CREATE TABLE more (id INTEGER)',
    ])('refuses a statement that writes: %s', async (sql) => {
      const refused = { code: 'STATEMENT_NOT_SUPPORTED', kind: 'syntax', outcome: 'not-applied' };

      expect(await failureOf(collect(room.db.stream(sql)))).toMatchObject(refused);
      expect(await failureOf(room.db.withTransaction(() => collect(room.db.stream(sql))))).toMatchObject(
        refused,
      );
      expect(await readValue(room.db, 'SELECT count(*) FROM books')).toBe(3);
    });

    it.each([
      ['SELECT 1 FROM', { code: 'SQLITE_ERROR', kind: 'syntax' }],
      ['SELECT nothing FROM books', { code: 'SQLITE_ERROR', kind: 'syntax' }],
      ['SELECT 1; SELECT 2', { code: 'SQL_MANY_STATEMENTS', kind: 'syntax' }],
      ['-- nothing', { code: 'SQL_NO_STATEMENT', kind: 'syntax' }],
      ['SELECT ?', { code: 'ARGS_INVALID', kind: 'syntax' }],
      ['BEGIN', { code: 'TRANSACTION_CONTROL', kind: 'syntax' }],
    ])('refuses what execute refuses: %s', async (sql, error) => {
      const failure = await failureOf(collect(room.db.stream(sql)));

      expect(failure).toMatchObject({ ...error, outcome: 'not-applied' });
      expect((await failureOf(room.db.execute(sql))).code).toBe(failure.code);
    });

    it('refuses an argument without an SQL form at once', async () => {
      const call = (): unknown => room.db.stream('SELECT ?', [undefined as unknown as null]);

      expect(await failureOf(call)).toMatchObject({ code: 'ARGS_INVALID' });
    });

    it('reads in the transaction around it, whose calls go on in its loop', async () => {
      const seen = await room.db.withTransaction(async (tx) => {
        await tx.execute("INSERT INTO books (id, name) VALUES (4, 'Persuasion')");
        for await (const { id } of room.db.stream<{ id: number }>('SELECT id FROM books')) {
          await room.db.execute('UPDATE books SET price = ? WHERE id = ?', [id, id]);
        }
        return collect(room.db.stream('SELECT name, price FROM books WHERE id > 3'));
      });

      expect(seen).toEqual([['Persuasion', 4]]);
      expect(await readValue(room.db, 'SELECT sum(price) FROM books')).toBe(10);
    });
  });
}
