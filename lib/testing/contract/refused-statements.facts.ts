import type { DatabaseConnection } from '../../database/database-connection.js';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readColumn, readRows, readValue } from './facts.js';

const refusedAs = (code: string) => ({ code, kind: 'syntax', outcome: 'not-applied' });

const transactionControl = [
  'BEGIN',
  'begin immediate',
  'BEGIN TRANSACTION',
  '/* a comment */ BEGIN',
  '-- a comment\n BeGiN',
  ';;BEGIN',
  'COMMIT',
  'commit transaction',
  'END',
  'ROLLBACK',
  'rollback transaction',
];

const savepoints = ['SAVEPOINT here', 'RELEASE here', 'RELEASE SAVEPOINT here', 'ROLLBACK TO here'];

/** A connection is shared: SQL that would change it for everybody is refused, and so is nothing else. */
export function describeRefusedStatements(
  setup: ContractSetup<DatabaseConnection>,
  words: ContractWords,
): void {
  const { describe, expect, it } = words;
  describe('a shared connection', () => {
    const room = openEach(words, setup);

    it.each([...transactionControl, ...savepoints])('refuses %j and names withTransaction()', async (sql) => {
      const failure = await failureOf(room.db.execute(sql));

      expect(failure).toMatchObject(refusedAs('TRANSACTION_CONTROL'));
      expect(failure.message).toContain('withTransaction()');
    });

    it.each(transactionControl)('refuses %j in a batch and keeps nothing of it', async (sql) => {
      await room.db.execute('CREATE TABLE books (name TEXT)');
      const failure = await failureOf(room.db.batch(["INSERT INTO books VALUES ('a')", sql], 'write'));

      expect(failure).toMatchObject(refusedAs('TRANSACTION_CONTROL'));
      expect(await readValue(room.db, 'SELECT count(*) FROM books')).toBe(0);
    });

    it.each([
      ['begins and does not end', "BEGIN; INSERT INTO books VALUES ('a')"],
      ['ends what it did not begin', "INSERT INTO books VALUES ('a'); COMMIT"],
      ['begins twice', 'BEGIN; BEGIN; COMMIT'],
      ['leaves a savepoint open', "SAVEPOINT s; INSERT INTO books VALUES ('a')"],
    ])('refuses a script that %s, and runs nothing of it', async (_name, script) => {
      await room.db.execute('CREATE TABLE books (name TEXT)');

      await expect(room.db.executeMultiple(script)).rejects.toMatchObject(refusedAs('TRANSACTION_CONTROL'));
      expect(await readValue(room.db, 'SELECT count(*) FROM books')).toBe(0);
    });

    it.each([
      "ATTACH ':memory:' AS other",
      "attach database 'x.db' as x",
      'DETACH other',
      '/* x */ DETACH DATABASE other',
    ])('refuses %j', async (sql) => {
      await expect(room.db.execute(sql)).rejects.toMatchObject(refusedAs('STATEMENT_NOT_SUPPORTED'));
    });

    it.each([
      'PRAGMA foreign_keys = OFF',
      'PRAGMA foreign_keys(0)',
      'pragma main.foreign_keys=0',
      'PRAGMA /* x */ foreign_keys = 0',
      '-- x\nPRAGMA foreign_keys = 0',
      'PRAGMA journal_mode = DELETE',
      'PRAGMA synchronous = OFF',
      'PRAGMA query_only = 1',
      'PRAGMA busy_timeout = 1',
      'PRAGMA locking_mode = EXCLUSIVE',
      'PRAGMA writable_schema = 1',
      'PRAGMA recursive_triggers = 1',
      'EXPLAIN PRAGMA foreign_keys = 0',
    ])('refuses %j', async (sql) => {
      await expect(room.db.execute(sql)).rejects.toMatchObject(refusedAs('PRAGMA_NOT_SUPPORTED'));
      expect(await readValue(room.db, 'PRAGMA foreign_keys')).toBe(1);
    });

    it('refuses a pragma in a batch and in a script', async () => {
      const pragma = 'PRAGMA query_only = 1';

      await expect(room.db.batch([pragma], 'write')).rejects.toMatchObject(refusedAs('PRAGMA_NOT_SUPPORTED'));
      await expect(room.db.executeMultiple(pragma)).rejects.toMatchObject(refusedAs('PRAGMA_NOT_SUPPORTED'));
      await room.db.executeMultiple('CREATE TABLE books (name TEXT)');
    });

    it('enforces foreign keys whatever a batch or a migration says about them', async () => {
      const pragma = 'PRAGMA foreign_keys = OFF';
      await room.db.batch([pragma, 'CREATE TABLE t (a INTEGER PRIMARY KEY, b REFERENCES t (a))'], 'write');
      await room.db.migrate([pragma, 'SELECT 1']);

      await expect(room.db.execute('INSERT INTO t VALUES (1, 2)')).rejects.toMatchObject({
        kind: 'constraint',
      });
      expect(await readValue(room.db, 'PRAGMA foreign_keys')).toBe(1);
    });

    it('tells the columns of a table', async () => {
      await room.db.execute("CREATE TABLE books (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT 'x')");

      expect((await room.db.execute('PRAGMA table_info(books)')).rows).toEqual([
        { cid: 0, name: 'id', type: 'INTEGER', notnull: 0, dflt_value: null, pk: 1 },
        { cid: 1, name: 'name', type: 'TEXT', notnull: 1, dflt_value: "'x'", pk: 0 },
      ]);
    });

    it('tells the foreign keys and the indexes of a table', async () => {
      await room.db.batch(
        [
          'CREATE TABLE authors (id INTEGER PRIMARY KEY)',
          'CREATE TABLE books (name TEXT, author INTEGER REFERENCES authors (id))',
          'CREATE UNIQUE INDEX names ON books (name)',
        ],
        'write',
      );

      expect((await room.db.execute("PRAGMA foreign_key_list('books')")).rows).toMatchObject([
        { table: 'authors', from: 'author', to: 'id' },
      ]);
      expect((await room.db.execute('PRAGMA index_list(books)')).rows).toMatchObject([
        { name: 'names', unique: 1 },
      ]);
      expect((await room.db.execute('pragma index_info(names)')).rows).toMatchObject([{ name: 'name' }]);
    });

    it('keeps a user version', async () => {
      const before = Number(await readValue(room.db, 'PRAGMA user_version'));
      const set = room.db.execute('PRAGMA user_version = 7').then(
        () => 7,
        () => before,
      );

      expect(await set).toBe(setup.capabilities.setsUserVersion ? 7 : before);
      expect(await readValue(room.db, 'PRAGMA user_version')).toBe(await set);
    });

    it('checks foreign keys and the whole database', async () => {
      expect(await readRows(room.db, 'PRAGMA foreign_key_check')).toEqual([]);
      expect(await readColumn(room.db, 'PRAGMA quick_check')).toEqual(['ok']);
      expect(await readColumn(room.db, 'PRAGMA integrity_check')).toEqual(['ok']);
    });

    it('reads pragmas as tables', async () => {
      await room.db.execute('CREATE TABLE books (id INTEGER, name TEXT)');

      expect(await readColumn(room.db, "SELECT name FROM pragma_table_info('books')")).toEqual([
        'id',
        'name',
      ]);
    });

    it('takes words of transaction control where they are not the statement', async () => {
      await room.db.execute('CREATE TABLE "begin" ("commit" TEXT)');
      await room.db.execute('INSERT INTO "begin" VALUES (\'ROLLBACK; COMMIT\')');

      expect(await readColumn(room.db, 'SELECT "commit" FROM "begin" -- BEGIN')).toEqual([
        'ROLLBACK; COMMIT',
      ]);
    });
  });
}
