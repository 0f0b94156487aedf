import { describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { checkArgs } from '../../../lib/sql/check-args.js';
import { readParameters } from '../../../lib/sql/read-parameters.js';
import { failureOf } from '../../contract/facts.js';

describe('readParameters', () => {
  it.each<[string, (string | undefined)[]]>([
    ['SELECT 1', []],
    ['SELECT ?, ?', [undefined, undefined]],
    ['SELECT :a, @b, $c', ['a', 'b', 'c']],
    ['SELECT :a, :a', ['a']],
    ['SELECT :a, ?, :b', ['a', undefined, 'b']],
    ['SELECT ?3, ?', [undefined, undefined, '3', undefined]],
    ['SELECT ?2, ?1, ?2', ['1', '2']],
    ['SELECT ?1, :a', ['1', 'a']],
    ['SELECT :grüße', ['grüße']],
    ['SELECT :a$b', ['a$b']],
    ['SELECT :1', ['1']],
    ["SELECT '?', ':a', ?", [undefined]],
    ["SELECT 'it''s ? here', ?", [undefined]],
    ['SELECT "?", "a""?", ?', [undefined]],
    ['SELECT `?`, [:a], ?', [undefined]],
    ['SELECT ? -- ? :a\n, ?', [undefined, undefined]],
    ['SELECT ? /* ? :a */, ?', [undefined, undefined]],
    ['SELECT ? /* ? never ended', [undefined]],
    ["SELECT '? never ended", [undefined]],
    ['SELECT a$b, v$c.d FROM v$c WHERE e = ?', [undefined]],
    ["SELECT a -> '$.b' FROM t WHERE c = $c", ['c']],
    ["SELECT x'ab', 1e5, ?", [undefined]],
    ['SELECT a:b', ['b']],
  ])('of %j are %j', (sql, names) => {
    expect(readParameters(sql).names).toEqual(names);
  });

  it.each<[string, boolean]>([
    ['SELECT ?, ?', true],
    ['SELECT 1', true],
    ['SELECT ?1', false],
    ['SELECT :a', false],
  ])('says whether %j has plain ones alone: %s', (sql, plain) => {
    expect(readParameters(sql).plain).toBe(plain);
  });

  it.each(['SELECT ?, :a, ?5, ?', 'SELECT a$b, $b, @b, ? FROM (SELECT 1 AS a$b)', 'SELECT ?1, ?1, :a, ?'])(
    'counts those of %j as SQLite does',
    (sql) => {
      const db = new BetterSqlite3(':memory:');
      const { names } = readParameters(sql);
      const listed = names.filter((name) => name === undefined).map(() => 1);
      const named = Object.fromEntries(names.filter((name) => name !== undefined).map((name) => [name, 1]));

      expect(() => db.prepare(sql).all(...listed, named)).not.toThrow();
      db.close();
    },
  );

  it.each([
    ['a literal', `SELECT '${'x'.repeat(20_000_000)}', ?`],
    ['many quotes', `SELECT '${"''".repeat(3_000_000)}', ?`],
    ['a name', `SELECT "${'x'.repeat(20_000_000)}", ?`],
    ['a comment', `SELECT /*${'x'.repeat(20_000_000)}*/ ?`],
  ])('are found behind %s of many megabytes', (_name, sql) => {
    expect(readParameters(sql).names).toEqual([undefined]);
  });

  it('are no more than SQLite can have, whatever number stands there', () => {
    expect(readParameters('SELECT ?999999999').names).toHaveLength(32_766);
  });
});

describe('checkArgs', () => {
  const check = (sql: string, args: unknown[] | Record<string, unknown>) => () =>
    checkArgs(
      readParameters(sql),
      (Array.isArray(args) ? args : new Map(Object.entries(args))) as Parameters<typeof checkArgs>[1],
    );

  it.each<[string, unknown[] | Record<string, unknown>]>([
    ['SELECT 1', []],
    ['SELECT 1', {}],
    ['SELECT ?', [1]],
    ['SELECT :a, :b', [1, 2]],
    ['SELECT :a, @b, :a', { a: 1, b: 2 }],
    ['SELECT ?2, ?1', { 1: 1, 2: 2 }],
  ])('lets %j have %j', (sql, args) => {
    expect(check(sql, args)).not.toThrow();
  });

  it.each<[string, unknown[] | Record<string, unknown>, string]>([
    ['SELECT ?, ?', [1], 'the argument at position 2 is missing'],
    ['SELECT ?', [1, 2], 'has 1 parameters and got 2 arguments'],
    ['SELECT :a', { b: 1 }, 'has no parameter named "b"'],
    ['SELECT :a, :b', { a: 1 }, 'the argument "b" is missing'],
    ['SELECT ?', {}, 'the argument at position 1 is missing'],
    ['SELECT ?2', { 2: 1 }, 'the argument at position 1 is missing'],
  ])('refuses for %j the arguments %j', async (sql, args, message) => {
    const failure = await failureOf(check(sql, args));

    expect(failure).toMatchObject({ code: 'ARGS_INVALID', kind: 'syntax', outcome: 'not-applied' });
    expect(failure.message).toContain(message);
  });
});
