import { describe, expect, it } from '@jest/globals';
import { parseMigration } from '../../../lib/schema/parse-migration.js';
import type { MigrationStatement } from '../../../lib/schema/migration-file.js';

const parse = (text: string): readonly MigrationStatement[] =>
  parseMigration({ name: '0001_a.sql', text, checksum: '' }).statements;

describe('parsing a migration', () => {
  it('says on which line each statement begins, comments and blank lines left out', () => {
    const text = '-- first\nSELECT 1;\n\n/* two\nlines */ SELECT\n  2; SELECT 3;\n-- SELECT 4;\nSELECT 4\n';

    expect(parse(text)).toEqual([
      { sql: 'SELECT 1', line: 2 },
      { sql: 'SELECT\n  2', line: 5 },
      { sql: 'SELECT 3', line: 6 },
      { sql: 'SELECT 4', line: 8 },
    ]);
  });

  it('keeps the body of a trigger in one statement', () => {
    const trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\nSELECT ';';\nEND";

    expect(parse(`${trigger};\nSELECT 1;`)).toEqual([
      { sql: trigger, line: 1 },
      { sql: 'SELECT 1', line: 4 },
    ]);
  });

  it.each([
    ['BEGIN IMMEDIATE', 'BEGIN is not allowed'],
    ['COMMIT', 'COMMIT is not allowed'],
    ['END TRANSACTION', 'END is not allowed'],
    ['ROLLBACK', 'ROLLBACK is not allowed'],
    ['SAVEPOINT a', 'SAVEPOINT is not allowed'],
    ['RELEASE a', 'RELEASE is not allowed'],
    ['ROLLBACK TO a', 'ROLLBACK is not allowed'],
    ['VACUUM', 'VACUUM cannot run in a transaction'],
    ["ATTACH 'b.db' AS b", 'ATTACH is not supported'],
    ['DETACH b', 'DETACH is not supported'],
    ['PRAGMA journal_mode = delete', 'PRAGMA journal_mode is not allowed'],
    ['PRAGMA synchronous = off', 'PRAGMA synchronous is not allowed'],
  ])('refuses %s, naming file, statement and line', (sql, problem) => {
    expect(() => parse(`SELECT 1;\n${sql};`)).toThrow(
      `migration 0001_a.sql, statement 2 (line 2): ${problem}`,
    );
  });

  it.each([
    'PRAGMA foreign_keys = OFF',
    'PRAGMA defer_foreign_keys = ON',
    'PRAGMA user_version = 3',
    'PRAGMA foreign_key_check',
  ])('lets %s pass', (sql) => {
    expect(parse(sql)).toEqual([{ sql, line: 1 }]);
  });

  it.each(['', '-- later\n', '/* later', ' ;\n; '])('refuses a file without a statement: %j', (text) => {
    expect(() => parse(text)).toThrow('migration 0001_a.sql holds no statement');
  });
});
