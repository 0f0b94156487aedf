import { describe, expect, it } from '@jest/globals';
import { classifySql, firstKeyword } from '../../../lib/sql/classify-sql.js';
import { skipTrivia } from '../../../lib/sql/skip-trivia.js';

describe('classifySql', () => {
  it.each([
    ['SELECT 1', 'query'],
    ['select 1', 'query'],
    ['\ufeffSELECT 1', 'query'],
    [' \t\r\n\f\vSELECT 1', 'query'],
    [';;SELECT 1', 'query'],
    ['-- DELETE\nSELECT 1', 'query'],
    ['/* DELETE */ SELECT 1', 'query'],
    ['/**//*;*/--\n;/* */SELECT 1', 'query'],
    ['SELECT(1)', 'query'],
    ['VALUES (1)', 'query'],
    ['WITH n AS (SELECT 1) SELECT * FROM n', 'query'],
    ['EXPLAIN SELECT 1', 'query'],
    ['EXPLAIN QUERY PLAN DELETE FROM t', 'query'],
    ['EXPLAIN COMMIT', 'query'],
    ['INSERT INTO t VALUES (1)', 'change'],
    ['REPLACE INTO t VALUES (1)', 'change'],
    ['UpDaTe t SET a = 1', 'change'],
    ['DELETE FROM t', 'change'],
    ['CREATE TABLE t (a)', 'schema'],
    ['ALTER TABLE t ADD b', 'schema'],
    ['DROP TABLE t', 'schema'],
    ['VACUUM', 'schema'],
    ['REINDEX', 'schema'],
    ['ANALYZE', 'schema'],
    ['SELEC 1', 'schema'],
    ['(SELECT 1)', 'schema'],
    ['1', 'schema'],
    ['PRAGMA user_version', 'pragma'],
    ['EXPLAIN PRAGMA foreign_keys = 0', 'pragma'],
    ['EXPLAIN /* x */ QUERY -- y\n PLAN PRAGMA foreign_keys = 0', 'pragma'],
    ['EXPLAIN/**/PRAGMA foreign_keys = 0', 'pragma'],
    ['BEGIN', 'transaction-control'],
    ['begin immediate', 'transaction-control'],
    ['COMMIT', 'transaction-control'],
    ['END', 'transaction-control'],
    ['/* x */ end transaction', 'transaction-control'],
    ['ROLLBACK', 'transaction-control'],
    ['ROLLBACK TRANSACTION', 'transaction-control'],
    ['ROLLBACK; SELECT 1', 'transaction-control'],
    ['SAVEPOINT a', 'savepoint'],
    ['RELEASE a', 'savepoint'],
    ['ROLLBACK TO a', 'savepoint'],
    ['ROLLBACK/**/TO a', 'savepoint'],
    ['rollback transaction -- x\n to savepoint a', 'savepoint'],
    ["ATTACH 'x' AS y", 'attach'],
    ['DETACH y', 'attach'],
    ['CREATE TEMP TABLE t (a)', 'temporary'],
    ['create /* x */ temporary view v AS SELECT 1', 'temporary'],
    ['CREATE TABLE temp.t (a)', 'temporary'],
    ['CREATE TABLE IF NOT EXISTS Temp . "t" (a)', 'temporary'],
    ['CREATE TABLE temp (a)', 'schema'],
    ['CREATE TABLE IF NOT EXISTS temporary (temp)', 'schema'],
    ['CREATE TABLE temperatures (a)', 'schema'],
    ['', 'empty'],
    [' ;; -- nothing', 'empty'],
    ['/* never ended', 'empty'],
    ['\ufeff', 'empty'],
  ])('takes %j for %s', (sql, expected) => {
    expect(classifySql(sql)).toBe(expected);
  });
});

describe('firstKeyword', () => {
  it.each([
    ['/* a */ select 1', 'SELECT'],
    ['select*', 'SELECT'],
    ['"select"', ''],
    ['', ''],
  ])('of %j is %j', (sql, expected) => {
    expect(firstKeyword(sql)).toBe(expected);
  });
});

describe('skipTrivia', () => {
  it('stops at the end of an open comment', () => {
    expect([skipTrivia('/* x'), skipTrivia('-- x'), skipTrivia('/*/')]).toEqual([4, 4, 3]);
  });

  it('takes a lone dash or slash for text', () => {
    expect([skipTrivia(' - 1'), skipTrivia(' / 1')]).toEqual([1, 1]);
  });

  it('stops at a semicolon when asked to', () => {
    expect(skipTrivia(' ; x', 0, false)).toBe(1);
  });
});
