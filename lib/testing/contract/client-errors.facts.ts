import { LibsqlError as HttpLibsqlError } from '@libsql/client/http';
import { LibsqlError } from '@libsql/core/api';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readValue } from './facts.js';

/** Errors as users of any libSQL client know them. */
export function describeClientErrors(setup: ContractSetup, words: ContractWords): void {
  const { describe, expect, it } = words;
  describe('errors of the libSQL interface', () => {
    const room = openEach(words, setup);

    it('are the LibsqlError of @libsql/core and of @libsql/client', async () => {
      const failure = await failureOf(room.db.execute('SELECT * FROM nowhere'));

      expect(failure).toBeInstanceOf(LibsqlError);
      expect(failure).toBeInstanceOf(HttpLibsqlError);
      expect(failure).toBeInstanceOf(Error);
    });

    it('begin their message with their code', async () => {
      const failure = await failureOf(room.db.execute('SELECT * FROM nowhere'));

      expect(failure.message.startsWith(`${failure.code}: `)).toBe(true);
    });

    it.each(['', ' \n', '-- only a comment', '/* only a comment */', ';'])(
      'refuse SQL without a statement: %j',
      async (sql) => {
        await expect(room.db.execute(sql)).rejects.toMatchObject({ code: 'SQL_NO_STATEMENT' });
      },
    );

    it.each(['SELECT 1; SELECT 2', "SELECT ';'; -- x\nSELECT 2"])(
      'refuse more than one statement in execute: %j',
      async (sql) => {
        await expect(room.db.execute(sql)).rejects.toMatchObject({ code: 'SQL_MANY_STATEMENTS' });
      },
    );

    it('run nothing of two statements in execute', async () => {
      await room.db.execute('CREATE TABLE books (name TEXT)');
      await failureOf(room.db.execute("INSERT INTO books VALUES ('a'); INSERT INTO books VALUES ('b')"));

      expect(await readValue(room.db, 'SELECT count(*) FROM books')).toBe(0);
    });

    it.each([
      ['UNIQUE', 'CREATE TABLE t (a UNIQUE)', ['INSERT INTO t VALUES (1)', 'INSERT INTO t VALUES (1)']],
      [
        'PRIMARY KEY',
        'CREATE TABLE t (a INTEGER PRIMARY KEY)',
        ['INSERT INTO t VALUES (1)', 'INSERT INTO t VALUES (1)'],
      ],
      ['NOT NULL', 'CREATE TABLE t (a NOT NULL)', ['INSERT INTO t VALUES (NULL)']],
      ['CHECK', 'CREATE TABLE t (a CHECK (a > 0))', ['INSERT INTO t VALUES (0)']],
      [
        'FOREIGN KEY',
        'CREATE TABLE t (a INTEGER PRIMARY KEY, b REFERENCES t (a))',
        ['INSERT INTO t VALUES (1, 2)'],
      ],
      [
        'RAISE(ABORT)',
        'CREATE TABLE t (a)',
        [
          "CREATE TRIGGER no BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'no'); END",
          'INSERT INTO t VALUES (1)',
        ],
      ],
    ])('name a violated %s constraint SQLITE_CONSTRAINT', async (_name, table, statements) => {
      for (const sql of [table, ...statements.slice(0, -1)]) await room.db.execute(sql);

      await expect(room.db.execute(statements.at(-1) as string)).rejects.toMatchObject({
        code: 'SQLITE_CONSTRAINT',
      });
    });

    it.each(['SELEC 1', 'SELECT * FROM', 'SELECT * FROM nowhere', 'SELECT nothing', 'DROP TABLE nowhere'])(
      'come as a rejected promise for %j',
      async (sql) => {
        const promise = room.db.execute(sql);

        await expect(promise).rejects.toBeInstanceOf(LibsqlError);
      },
    );

    it('leave the client usable', async () => {
      await failureOf(room.db.execute('SELEC 1'));
      await failureOf(room.db.execute('SELECT ?'));
      await failureOf(room.db.batch(['SELECT 1', 'SELEC 1'], 'write'));

      expect(await readValue(room.db, 'SELECT 1')).toBe(1);
    });
  });
}
