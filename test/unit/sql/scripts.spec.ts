import { describe, expect, it } from '@jest/globals';
import { checkScript, checkStatement } from '../../../lib/sql/check-statement.js';
import { splitScript } from '../../../lib/sql/split-script.js';
import { failureOf } from '../../contract/facts.js';

describe('splitScript', () => {
  it.each<[string, string[]]>([
    ['', []],
    [' ;; -- x\n', []],
    ['SELECT 1', ['SELECT 1']],
    ['SELECT 1;', ['SELECT 1']],
    ['\ufeffSELECT 1; SELECT 2 ;', ['SELECT 1', 'SELECT 2']],
    ["SELECT ';'; SELECT 'a'';b'", ["SELECT ';'", "SELECT 'a'';b'"]],
    ['SELECT "a;b"; SELECT `a;b`; SELECT [a;b]', ['SELECT "a;b"', 'SELECT `a;b`', 'SELECT [a;b]']],
    ['SELECT 1 -- one; two\n+ 1; SELECT 2', ['SELECT 1 -- one; two\n+ 1', 'SELECT 2']],
    ['SELECT /* ; */ 1; -- end\nSELECT 2 /* ; */', ['SELECT /* ; */ 1', 'SELECT 2 /* ; */']],
    ["SELECT 'never; ended", ["SELECT 'never; ended"]],
    ['SELECT 1 /* never; ended', ['SELECT 1 /* never; ended']],
    ['SELECT 1 -- never; ended', ['SELECT 1 -- never; ended']],
    ['SELECT 1 - 1; SELECT 4 / 2', ['SELECT 1 - 1', 'SELECT 4 / 2']],
    ['SELECT CASE WHEN 1 THEN 2 END; SELECT 3', ['SELECT CASE WHEN 1 THEN 2 END', 'SELECT 3']],
    ['BEGIN; SELECT 1; END; SELECT 2', ['BEGIN', 'SELECT 1', 'END', 'SELECT 2']],
  ])('cuts %j', (script, statements) => {
    expect(splitScript(script)).toEqual(statements);
  });

  it.each([
    'CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; END',
    'create temp trigger a AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; end',
    'CREATE TEMPORARY TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; END',
    'CREATE /* x */ TRIGGER -- y\n IF NOT EXISTS a AFTER INSERT ON t BEGIN SELECT 1; END',
    "CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN ';' ELSE 2 END; SELECT 3; END",
    'CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN CASE WHEN 2 THEN 3 END END; END',
    'CREATE TRIGGER a AFTER INSERT ON t BEGIN UPDATE t SET a = CASE b WHEN 1 THEN 2 END; DELETE FROM t; END',
    'CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; /* ; END; */ SELECT 2; -- END;\n END',
    'CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT "end"; SELECT 1; /* x */ END /* y */',
    'CREATE TRIGGER "a;b" AFTER INSERT ON t BEGIN SELECT 1; END',
    'CREATE TRIGGER a AFTER INSERT ON t BEGIN INSERT INTO endings VALUES (1); END',
  ])('keeps a trigger whole: %j', (trigger) => {
    const [found, ...others] = splitScript(`SELECT 0; ${trigger}; SELECT 9`).slice(1);

    expect([found, others]).toEqual([trigger, ['SELECT 9']]);
  });

  it('takes no table for a trigger', () => {
    expect(splitScript('CREATE TABLE trigger_log (a); SELECT 1')).toHaveLength(2);
  });
});

describe('checkStatement', () => {
  it.each<[string, 'transaction' | 'autocommit', string]>([
    ['SELECT 1', 'autocommit', 'query'],
    ['INSERT INTO t VALUES (1)', 'autocommit', 'change'],
    ['SAVEPOINT a', 'transaction', 'savepoint'],
    ['PRAGMA user_version', 'autocommit', 'query'],
    ['PRAGMA main . user_version', 'autocommit', 'query'],
    ['PRAGMA foreign_keys', 'autocommit', 'query'],
    ['PRAGMA foreign_keys;', 'autocommit', 'query'],
    ['PRAGMA foreign_keys -- x', 'autocommit', 'query'],
    ['PRAGMA table_info(t)', 'autocommit', 'query'],
    ['PRAGMA table_info = t', 'autocommit', 'query'],
    ['pragma TABLE_INFO /* x */ (t)', 'autocommit', 'query'],
    ['PRAGMA user_version = 7', 'autocommit', 'schema'],
    ['PRAGMA user_version /* x */ = 7', 'autocommit', 'schema'],
    ['PRAGMA wal_checkpoint(TRUNCATE)', 'autocommit', 'schema'],
    ['PRAGMA foreign_keys = OFF', 'transaction', 'schema'],
    ['PRAGMA defer_foreign_keys = ON', 'transaction', 'schema'],
  ])('lets %j through in %s as %s', (sql, inside, found) => {
    expect(checkStatement(sql, inside)).toBe(found);
  });

  it.each<[string, 'transaction' | 'autocommit', string]>([
    ['', 'autocommit', 'SQL_NO_STATEMENT'],
    ['BEGIN', 'autocommit', 'TRANSACTION_CONTROL'],
    ['COMMIT', 'transaction', 'TRANSACTION_CONTROL'],
    ['SAVEPOINT a', 'autocommit', 'TRANSACTION_CONTROL'],
    ["ATTACH 'x' AS y", 'transaction', 'STATEMENT_NOT_SUPPORTED'],
    ['PRAGMA foreign_keys = OFF', 'autocommit', 'PRAGMA_NOT_SUPPORTED'],
    ['PRAGMA foreign_keys(OFF)', 'autocommit', 'PRAGMA_NOT_SUPPORTED'],
    ['PRAGMA foreign_keys/**/=/**/OFF', 'autocommit', 'PRAGMA_NOT_SUPPORTED'],
    ['PRAGMA foreign_keys -- x\n = OFF', 'autocommit', 'PRAGMA_NOT_SUPPORTED'],
    ['PRAGMA/**/foreign_keys = OFF', 'autocommit', 'PRAGMA_NOT_SUPPORTED'],
    ['PRAGMA "foreign_keys" = OFF', 'autocommit', 'PRAGMA_NOT_SUPPORTED'],
    ['PRAGMA main./**/foreign_keys = OFF', 'autocommit', 'PRAGMA_NOT_SUPPORTED'],
    ['PRAGMA journal_mode = DELETE', 'transaction', 'PRAGMA_NOT_SUPPORTED'],
    ['PRAGMA query_only', 'autocommit', 'PRAGMA_NOT_SUPPORTED'],
    ['PRAGMA', 'autocommit', 'PRAGMA_NOT_SUPPORTED'],
    ['EXPLAIN PRAGMA user_version', 'autocommit', 'PRAGMA_NOT_SUPPORTED'],
  ])('refuses %j in %s with %s', async (sql, inside, code) => {
    const failure = await failureOf(() => checkStatement(sql, inside));

    expect(failure).toMatchObject({ code, kind: 'syntax', outcome: 'not-applied' });
  });
});

describe('checkScript', () => {
  it.each<[string, 'transaction' | 'autocommit']>([
    ['', 'autocommit'],
    ['SELECT 1; INSERT INTO t VALUES (1)', 'autocommit'],
    ['BEGIN; SELECT 1; COMMIT', 'autocommit'],
    ['BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON; END; BEGIN; ROLLBACK', 'autocommit'],
    ['SAVEPOINT a; ROLLBACK TO a; RELEASE a', 'autocommit'],
    ['BEGIN; SAVEPOINT a; RELEASE a; COMMIT', 'autocommit'],
    ['SAVEPOINT a; RELEASE a', 'transaction'],
  ])('lets %j through in %s', (script, inside) => {
    expect(() => checkScript(script, inside)).not.toThrow();
  });

  it.each<[string, 'transaction' | 'autocommit', string]>([
    ['BEGIN; SELECT 1', 'autocommit', 'TRANSACTION_CONTROL'],
    ['SAVEPOINT a', 'autocommit', 'TRANSACTION_CONTROL'],
    ['COMMIT', 'autocommit', 'TRANSACTION_CONTROL'],
    ['RELEASE a', 'autocommit', 'TRANSACTION_CONTROL'],
    ['SELECT 1; ROLLBACK', 'autocommit', 'TRANSACTION_CONTROL'],
    ['BEGIN; BEGIN; COMMIT', 'autocommit', 'TRANSACTION_CONTROL'],
    ['BEGIN; COMMIT', 'transaction', 'TRANSACTION_CONTROL'],
    ["SELECT 1; ATTACH 'x' AS y", 'autocommit', 'STATEMENT_NOT_SUPPORTED'],
    ['SELECT 1; PRAGMA synchronous = OFF', 'autocommit', 'PRAGMA_NOT_SUPPORTED'],
    ['SELECT 1; PRAGMA synchronous/**/= OFF', 'autocommit', 'PRAGMA_NOT_SUPPORTED'],
    ['SELECT ?', 'autocommit', 'ARGS_INVALID'],
    ['BEGIN; SELECT :a; COMMIT', 'autocommit', 'ARGS_INVALID'],
  ])('refuses %j in %s with %s', async (script, inside, code) => {
    const failure = await failureOf(() => checkScript(script, inside));

    expect(failure).toMatchObject({ code, outcome: 'not-applied' });
  });
});
