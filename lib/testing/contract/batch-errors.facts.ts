import { LibsqlBatchError } from '@libsql/core/api';
import type { DatabaseConnection } from '../../database/database-connection.js';
import { DatabaseError } from '../../errors/database-error.js';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readColumn } from './facts.js';

const failing: [string, string, object][] = [
  ['a syntax error', 'SELEC 1', { code: 'SQLITE_ERROR', kind: 'syntax' }],
  ['a missing table', 'SELECT * FROM nowhere', { code: 'SQLITE_ERROR', kind: 'syntax' }],
  ['no statement', '-- nothing', { code: 'SQL_NO_STATEMENT', kind: 'syntax' }],
  ['two statements', 'SELECT 1; SELECT 2', { code: 'SQL_MANY_STATEMENTS', kind: 'syntax' }],
  ['a missing argument', 'SELECT ?', { code: 'ARGS_INVALID', kind: 'syntax' }],
  [
    'a violated constraint',
    "INSERT INTO books VALUES ('first')",
    { code: 'SQLITE_CONSTRAINT', extendedCode: 'SQLITE_CONSTRAINT_UNIQUE', kind: 'constraint' },
  ],
];

/** Which statement of a batch failed and why, whatever is wrong with it. */
export function describeBatchErrors(setup: ContractSetup<DatabaseConnection>, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;
  describe('errors of a batch', () => {
    const room = openEach(words, setup);
    const names = () => readColumn(room.db, 'SELECT name FROM books');

    beforeEach(async () => {
      await room.db.execute('CREATE TABLE books (name TEXT UNIQUE)');
    });

    it.each(failing)('name the statement with %s, and nothing is kept', async (_name, sql, expected) => {
      const failure = await failureOf(
        room.db.batch(["INSERT INTO books VALUES ('first')", sql, 'SELECT 1'], 'write'),
      );

      expect(failure).toBeInstanceOf(LibsqlBatchError);
      expect(failure).toBeInstanceOf(DatabaseError);
      expect(failure).toMatchObject({ ...expected, statementIndex: 1, outcome: 'not-applied' });
      expect(await names()).toEqual([]);
    });

    it.each(failing)(
      'name the statement with %s of a transaction, which goes on',
      async (_name, sql, expected) => {
        const tx = await room.db.transaction('write');
        const failure = await failureOf(
          tx.batch(["INSERT INTO books VALUES ('first')", sql, "INSERT INTO books VALUES ('third')"]),
        );
        await tx.execute("INSERT INTO books VALUES ('later')");
        await tx.commit();

        expect(failure).toBeInstanceOf(LibsqlBatchError);
        expect(failure).toMatchObject({ ...expected, statementIndex: 1, outcome: 'not-applied' });
        expect(await names()).toEqual(['first', 'later']);
      },
    );

    it.each(failing)(
      'with %s in the first statement of a transaction leave it usable',
      async (_name, sql) => {
        await room.db.execute("INSERT INTO books VALUES ('first')");
        const tx = await room.db.transaction('write');
        await failureOf(tx.execute(sql));
        await tx.execute("INSERT INTO books VALUES ('later')");
        await tx.rollback();

        expect(await names()).toEqual(['first']);
      },
    );

    it('stand in a migration as in a batch', async () => {
      const failure = await failureOf(room.db.migrate(['SELECT 1', 'SELEC 1']));

      expect(failure).toBeInstanceOf(DatabaseError);
      expect(failure).toMatchObject({ code: 'SQLITE_ERROR', kind: 'syntax', statementIndex: 1 });
    });
  });
}
