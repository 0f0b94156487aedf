import { inspect } from 'node:util';
import { LibsqlError } from '@libsql/core/api';
import type { DatabaseConnection } from '../../database/database-connection.js';
import { DatabaseError } from '../../errors/database-error.js';
import { isDatabaseError } from '../../errors/find-database-error.js';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readValue } from './facts.js';

const constraintOf = (extendedCode: string) => ({
  code: 'SQLITE_CONSTRAINT',
  extendedCode,
  kind: 'constraint',
  outcome: 'not-applied',
});
const syntax = { kind: 'syntax', outcome: 'not-applied' };
const closed = { kind: 'closed', outcome: 'not-applied' };

/** Why a call failed and what became of it, in the same words everywhere. */
export function describeErrors(setup: ContractSetup<DatabaseConnection>, words: ContractWords): void {
  const { describe, expect, it } = words;
  const primaryKey = setup.capabilities.tellsPrimaryKeyApart
    ? 'SQLITE_CONSTRAINT_PRIMARYKEY'
    : 'SQLITE_CONSTRAINT_UNIQUE';

  describe('errors', () => {
    const room = openEach(words, setup);

    it('are a DatabaseError and a LibsqlError', async () => {
      const failure = await failureOf(room.db.execute('SELECT * FROM nowhere'));

      expect(failure).toBeInstanceOf(DatabaseError);
      expect(failure).toBeInstanceOf(LibsqlError);
      expect(failure.name).toBe('DatabaseError');
    });

    it.each<[string, string, string, object]>([
      ['unique', 'a UNIQUE', "('x')", { constraint: 'unique', table: 't', columns: ['a'] }],
      ['not-null', 'a NOT NULL', '(NULL)', { constraint: 'not-null', table: 't', columns: ['a'] }],
      ['check', "a CHECK (a <> 'x')", "('x')", { constraint: 'check', table: undefined, columns: [] }],
      ['foreign-key', 'a REFERENCES parents (a)', "('x')", { constraint: 'foreign-key', columns: [] }],
    ])(
      'tell the rule, the table and the columns of a violated %s constraint',
      async (kind, column, row, told) => {
        await room.db.batch(['CREATE TABLE parents (a PRIMARY KEY)', `CREATE TABLE t (${column})`], 'write');
        const insert = `INSERT INTO t VALUES ${row}`;
        if (kind === 'unique') await room.db.execute(insert);

        expect(await failureOf(room.db.execute(insert))).toMatchObject(told);
      },
    );

    it.each<[string, string, string[], object]>([
      [
        'UNIQUE',
        'CREATE TABLE t (a UNIQUE)',
        ['INSERT INTO t VALUES (1)', 'INSERT INTO t VALUES (1)'],
        constraintOf('SQLITE_CONSTRAINT_UNIQUE'),
      ],
      [
        'UNIQUE over two columns',
        'CREATE TABLE t (a, b, UNIQUE (a, b))',
        ['INSERT INTO t VALUES (1, 2)', 'INSERT INTO t VALUES (1, 2)'],
        constraintOf('SQLITE_CONSTRAINT_UNIQUE'),
      ],
      [
        'integer PRIMARY KEY',
        'CREATE TABLE t (a INTEGER PRIMARY KEY)',
        ['INSERT INTO t VALUES (1)', 'INSERT INTO t VALUES (1)'],
        constraintOf(primaryKey),
      ],
      [
        'text PRIMARY KEY',
        'CREATE TABLE t (a TEXT PRIMARY KEY)',
        ["INSERT INTO t VALUES ('x')", "INSERT INTO t VALUES ('x')"],
        constraintOf(primaryKey),
      ],
      [
        'NOT NULL',
        'CREATE TABLE t (a NOT NULL)',
        ['INSERT INTO t VALUES (NULL)'],
        constraintOf('SQLITE_CONSTRAINT_NOTNULL'),
      ],
      [
        'CHECK',
        'CREATE TABLE t (a CHECK (a > 0))',
        ['INSERT INTO t VALUES (0)'],
        constraintOf('SQLITE_CONSTRAINT_CHECK'),
      ],
      [
        'named CHECK',
        'CREATE TABLE t (a, CONSTRAINT positive CHECK (a > 0))',
        ['INSERT INTO t VALUES (0)'],
        constraintOf('SQLITE_CONSTRAINT_CHECK'),
      ],
      [
        'FOREIGN KEY',
        'CREATE TABLE t (a INTEGER PRIMARY KEY, b REFERENCES t (a))',
        ['INSERT INTO t VALUES (1, 2)'],
        constraintOf('SQLITE_CONSTRAINT_FOREIGNKEY'),
      ],
    ])('name a violated %s constraint', async (_name, table, statements, expected) => {
      for (const sql of [table, ...statements.slice(0, -1)]) await room.db.execute(sql);

      await expect(room.db.execute(statements.at(-1) as string)).rejects.toMatchObject(expected);
    });

    it('name the column of a violated constraint', async () => {
      await room.db.execute('CREATE TABLE books (name TEXT NOT NULL)');

      await expect(room.db.execute('INSERT INTO books VALUES (NULL)')).rejects.toThrow('books.name');
    });

    it.each<[string, string, object]>([
      ['a syntax error', 'SELEC 1', { ...syntax, code: 'SQLITE_ERROR' }],
      ['a statement that ends early', 'SELECT * FROM', { ...syntax, code: 'SQLITE_ERROR' }],
      ['a missing table', 'SELECT * FROM nowhere', { ...syntax, code: 'SQLITE_ERROR' }],
      ['a missing column', 'SELECT nothing', { ...syntax, code: 'SQLITE_ERROR' }],
      ['a missing function', 'SELECT nothing()', { ...syntax, code: 'SQLITE_ERROR' }],
      ['a table that exists', 'CREATE TABLE books (name TEXT)', { ...syntax, code: 'SQLITE_ERROR' }],
      ['an empty statement', '', { ...syntax, code: 'SQL_NO_STATEMENT' }],
      ['two statements', 'SELECT 1; SELECT 2', { ...syntax, code: 'SQL_MANY_STATEMENTS' }],
      [
        'a text as row id',
        "INSERT INTO numbered VALUES ('x')",
        { code: 'SQLITE_MISMATCH', outcome: 'not-applied' },
      ],
    ])('name %s', async (_name, sql, expected) => {
      await room.db.execute('CREATE TABLE books (name TEXT)');
      await room.db.execute('CREATE TABLE numbered (id INTEGER PRIMARY KEY)');

      await expect(room.db.execute(sql)).rejects.toMatchObject(expected);
    });

    it('tell a violated constraint at commit', async () => {
      await room.db.execute(
        'CREATE TABLE t (a INTEGER PRIMARY KEY, b REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)',
      );
      const tx = await room.db.transaction('write');
      await tx.execute('INSERT INTO t VALUES (1, 2)');
      const failure = await failureOf(tx.commit());

      expect(failure).toMatchObject(constraintOf('SQLITE_CONSTRAINT_FOREIGNKEY'));
      expect(tx.closed).toBe(true);
    });

    it('tell that a transaction has ended', async () => {
      const tx = await room.db.transaction('write');
      await tx.commit();

      await expect(tx.execute('SELECT 1')).rejects.toMatchObject({ ...closed, code: 'TRANSACTION_CLOSED' });
      await expect(tx.commit()).rejects.toMatchObject({ ...closed, code: 'TRANSACTION_CLOSED' });
    });

    it('tell that the client is closed', async () => {
      await room.db.close();

      await expect(room.db.execute('SELECT 1')).rejects.toMatchObject({ ...closed, code: 'CLIENT_CLOSED' });
    });

    it('are found behind their wrappers', async () => {
      const failure = await failureOf(room.db.execute('SELECT * FROM nowhere'));
      const wrapped = new Error('outer', { cause: new Error('inner', { cause: failure }) });

      expect([
        isDatabaseError(failure),
        isDatabaseError(wrapped),
        isDatabaseError(wrapped, 'syntax'),
      ]).toEqual([true, true, true]);
      expect([
        isDatabaseError(wrapped, 'constraint'),
        isDatabaseError(new Error('x')),
        isDatabaseError(undefined),
      ]).toEqual([false, false, false]);
    });

    if (setup.capabilities.maxValueBytes < 16_000_000) {
      it('tell that a value is too large', async () => {
        await room.db.execute('CREATE TABLE covers (bytes BLOB)');
        const bytes = new Uint8Array(setup.capabilities.maxValueBytes + 1_000_000);

        await expect(room.db.execute('INSERT INTO covers VALUES (?)', [bytes])).rejects.toMatchObject({
          kind: 'too-large',
          outcome: 'not-applied',
        });
      });
    }
  });

  describe('a bound value', () => {
    const room = openEach(words, setup);
    const planted = 'planted-7f3a';

    it.each<[string, (db: DatabaseConnection) => Promise<unknown>]>([
      ['a violated UNIQUE', (db) => db.execute('INSERT INTO books VALUES (?, 1)', [planted])],
      ['a violated CHECK', (db) => db.execute('INSERT INTO books VALUES (?, -1)', [`${planted}-2`])],
      ['a column of another type', (db) => db.execute('INSERT INTO strict_books VALUES (?)', [planted])],
      ['broken JSON', (db) => db.execute("SELECT json_extract(?, '$.a')", [`{${planted}`])],
      ['an argument too many', (db) => db.execute('SELECT ?', ['x', planted])],
      ['a missing table', (db) => db.execute('SELECT * FROM nowhere WHERE a = :a', { a: planted })],
      ['a batch', (db) => db.batch([{ sql: 'INSERT INTO books VALUES (?, 1)', args: [planted] }], 'write')],
      [
        'a transaction',
        (db) => db.withTransaction((tx) => tx.execute('INSERT INTO books VALUES (?, 1)', [planted])),
      ],
      ['an integer too large to read', (db) => db.execute('SELECT ? AS v', [9111222333444555666n])],
    ])('stands in no error of %s', async (_name, call) => {
      await room.db.batch(
        [
          'CREATE TABLE books (name TEXT UNIQUE, n INTEGER CHECK (n > 0))',
          'CREATE TABLE strict_books (n INTEGER) STRICT',
          { sql: 'INSERT INTO books VALUES (?, 1)', args: [planted] },
        ],
        'write',
      );
      const failure = await failureOf(call(room.db));

      for (const text of [
        failure.message,
        String(failure),
        failure.stack,
        inspect(failure, { depth: 10 }),
        JSON.stringify(failure),
      ]) {
        expect(text).not.toMatch(/planted|9111222333444555666/);
      }
    });

    it('is kept when the statement before it failed', async () => {
      await failureOf(room.db.execute('SELECT ?', [planted, planted]));

      expect(await readValue(room.db, 'SELECT ?', [planted])).toBe(planted);
    });
  });
}
