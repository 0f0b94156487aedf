import type { InArgs, InValue } from '@libsql/core/api';
import type { DatabaseConnection } from '../../database/database-connection.js';
import { DatabaseError } from '../../errors/database-error.js';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readValue } from './facts.js';

const refused = { code: 'ARGS_INVALID', kind: 'syntax', outcome: 'not-applied' };

/** Values without an SQL form, and arguments that do not fit: refused before anything is sent, in words that help. */
export function describeCheckedArguments(
  setup: ContractSetup<DatabaseConnection>,
  words: ContractWords,
): void {
  const { describe, expect, it } = words;
  describe('checked arguments', () => {
    const room = openEach(words, setup);

    const values: [string, unknown][] = [
      ['undefined', undefined],
      ['NaN', NaN],
      ['Infinity', Infinity],
      ['-Infinity', -Infinity],
      ['a plain object', { secret: 'planted' }],
      ['an array', ['planted']],
      ['a function', () => 'planted'],
      ['a symbol', Symbol('planted')],
      ['a map', new Map([['planted', 1]])],
      ['an invalid date', new Date(NaN)],
      ['a bigint beyond 64 bits', 2n ** 63n],
      ['a bigint below 64 bits', -(2n ** 63n) - 1n],
    ];

    it.each(values)('refuse %s and name its position', async (_name, value) => {
      const failure = await failureOf(room.db.execute('SELECT ?, ?', ['x', value as InValue]));

      expect(failure).toBeInstanceOf(DatabaseError);
      expect(failure).toMatchObject(refused);
      expect(failure.message).toMatch(/\b2\b/);
      expect(failure.message).not.toMatch(/planted|922337/);
    });

    it.each(values)('refuse %s and name its parameter', async (_name, value) => {
      const failure = await failureOf(
        room.db.execute('SELECT :first, :author', { first: 'x', author: value as InValue }),
      );

      expect(failure).toMatchObject(refused);
      expect(failure.message).toContain('author');
      expect(failure.message).not.toMatch(/planted|922337/);
    });

    it.each<[string, string, InArgs, RegExp]>([
      ['the position of an argument that is missing', 'SELECT ?, ?', ['planted'], /2/],
      ['the name of an argument that is missing', 'SELECT :a, :author', { a: 'planted' }, /author/],
      ['the name of an argument that nothing takes', 'SELECT :a', { a: 'x', author: 'planted' }, /author/],
    ])('name %s', async (_name, sql, args, pattern) => {
      const failure = await failureOf(room.db.execute(sql, args));

      expect(failure).toMatchObject(refused);
      expect(failure.message).toMatch(pattern);
      expect(failure.message).not.toContain('planted');
    });

    it('are refused in a batch before any statement runs', async () => {
      await room.db.execute('CREATE TABLE books (name TEXT)');
      const failure = await failureOf(
        room.db.batch(
          [
            "INSERT INTO books VALUES ('a')",
            { sql: 'INSERT INTO books VALUES (?)', args: [undefined as unknown as null] },
          ],
          'write',
        ),
      );

      expect(failure).toMatchObject(refused);
      expect(await readValue(room.db, 'SELECT count(*) FROM books')).toBe(0);
    });

    it('are refused in a transaction, which stays usable', async () => {
      const tx = await room.db.transaction('write');
      const failure = await failureOf(tx.execute({ sql: 'SELECT ?', args: [NaN] }));
      const answer = await readValue(tx, 'SELECT 1');
      tx.close();

      expect(failure).toMatchObject(refused);
      expect(answer).toBe(1);
    });

    it.each<[string, ArrayBufferView]>([
      ['a DataView', new DataView(new Uint8Array([9, 1, 2, 9]).buffer, 1, 2)],
      ['a Uint8ClampedArray', new Uint8ClampedArray([1, 2])],
      ['a Uint16Array', new Uint16Array(new Uint8Array([1, 2]).buffer)],
    ])('take the bytes of %s', async (_name, view) => {
      const blob = await readValue(room.db, 'SELECT ?', [view as Uint8Array]);

      expect([...new Uint8Array(blob as ArrayBuffer)]).toEqual([1, 2]);
    });

    it('are those of the moment of the call', async () => {
      const args: InValue[] = ['before'];
      const call = readValue(room.db, 'SELECT ?', args);
      args[0] = 'after';

      expect(await call).toBe('before');
    });

    it('are the bytes of the moment of the call', async () => {
      const bytes = new Uint8Array([1, 2]);
      const call = readValue(room.db, 'SELECT ?', [bytes]);
      bytes.fill(9);

      expect([...new Uint8Array((await call) as ArrayBuffer)]).toEqual([1, 2]);
    });

    it.each([0, 1, 7, 100])('make LIMIT and OFFSET whole numbers: %d', async (limit) => {
      const sql =
        'WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 50) SELECT v FROM n LIMIT ? OFFSET ?';
      const { rows } = await room.db.execute(sql, [limit, 1]);

      expect(rows.length).toBe(Math.min(limit, 49));
    });

    it('store integers as integers in a column without a type', async () => {
      await room.db.execute('CREATE TABLE books (any, name TEXT)');
      await room.db.execute('INSERT INTO books VALUES (?, ?)', [3, 3]);

      expect(await readValue(room.db, "SELECT typeof(any) || ' ' || name FROM books")).toBe('integer 3');
    });

    it('divide integers as integers', async () => {
      expect(await readValue(room.db, 'SELECT ? / ?', [7, 2])).toBe(3);
    });
  });
}
