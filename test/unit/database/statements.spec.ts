import { describe, expect, it } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import type { StatementInput } from '../../../lib/contract/statement.js';
import { toSqlValue } from '../../../lib/database/to-sql-value.js';
import { toStatement } from '../../../lib/database/to-statement.js';
import { failureOf } from '../../contract/facts.js';

describe('toSqlValue', () => {
  const date = new Date('2024-05-06T07:08:09.010Z');
  const bytes = new Uint8Array([1, 2, 3]);

  it.each<[string, unknown, unknown]>([
    ['a text', 'x', 'x'],
    ['an empty text', '', ''],
    ['null', null, null],
    ['a whole number', 7, 7n],
    ['a negative one', -7, -7n],
    ['negative nothing', -0, 0n],
    ['the largest safe one', Number.MAX_SAFE_INTEGER, 9007199254740991n],
    ['a fraction', 0.5, 0.5],
    ['a number beyond 2^53', 2 ** 60, 2 ** 60],
    ['the largest bigint', 2n ** 63n - 1n, 2n ** 63n - 1n],
    ['the smallest bigint', -(2n ** 63n), -(2n ** 63n)],
    ['true', true, 1n],
    ['false', false, 0n],
    ['a Date', date, BigInt(date.getTime())],
    ['a Date of another realm', runInNewContext('new Date(7)'), 7n],
    ['bytes', bytes, bytes],
    ['an ArrayBuffer', bytes.buffer, bytes],
    ['a SharedArrayBuffer', new SharedArrayBuffer(2), new Uint8Array(2)],
    ['an ArrayBuffer of another realm', runInNewContext('new ArrayBuffer(2)'), new Uint8Array(2)],
    ['a Buffer', Buffer.from([1, 2, 3]), bytes],
    ['a part of a buffer', bytes.subarray(1, 2), new Uint8Array([2])],
    ['a DataView', new DataView(bytes.buffer, 1), new Uint8Array([2, 3])],
    ['a Uint16Array', new Uint16Array([258]), new Uint8Array([2, 1])],
  ])('stores %s', (_name, value, expected) => {
    expect(toSqlValue(value, 0)).toEqual(expected);
  });

  it('copies bytes, because the caller may use its buffer again', () => {
    const own = new Uint8Array([1]);
    const stored = toSqlValue(own, 0);
    own[0] = 9;

    expect(stored).toEqual(new Uint8Array([1]));
  });

  class Planted {
    readonly secret = 'planted';
  }

  it.each<[string, unknown, RegExp]>([
    ['undefined', undefined, /is undefined; pass null/],
    ['NaN', NaN, /is NaN; only finite/],
    ['Infinity', Infinity, /is Infinity; only finite/],
    ['an invalid Date', new Date('x'), /only finite/],
    ['a bigint of 65 bits', 2n ** 63n, /beyond 64 bits/],
    ['a small bigint of 65 bits', -(2n ** 63n) - 1n, /beyond 64 bits/],
    ['a symbol', Symbol('planted'), /a symbol, which has no SQL form/],
    ['a function', () => 'planted', /a function, which/],
    ['an object', { secret: 'planted' }, /an object \(Object\); pass JSON\.stringify/],
    ['an array', ['planted'], /\(Array\)/],
    ['an instance', new Planted(), /\(Planted\)/],
    ['an object without a class', Object.create(null), /\(no class\)/],
  ])('refuses %s and shows nothing of it', async (_name, value, message) => {
    const failure = await failureOf(() => toSqlValue(value, 2));

    expect(failure).toMatchObject({ code: 'ARGS_INVALID', kind: 'syntax', outcome: 'not-applied' });
    expect(failure.message).toMatch(message);
    expect(failure.message).toContain('the argument at position 3 is');
    expect(failure.message).not.toContain('planted');
  });
});

describe('toStatement', () => {
  const read = (input: unknown, args?: unknown) => toStatement(input as StatementInput, args as never);

  it.each<[string, unknown, unknown, unknown]>([
    ['a text', 'SELECT 1', undefined, []],
    ['a text and a list', 'SELECT 1', [1, 'x'], [1n, 'x']],
    ['a text and names', 'SELECT 1', { a: 1 }, new Map([['a', 1n]])],
    [
      'names with their signs',
      'SELECT 1',
      { ':a': 1, '@b': 2, $c: 3 },
      new Map([
        ['a', 1n],
        ['b', 2n],
        ['c', 3n],
      ]),
    ],
    ['an object', { sql: 'SELECT 1' }, undefined, []],
    ['an object with arguments', { sql: 'SELECT 1', args: [1] }, undefined, [1n]],
    ['an object and arguments', { sql: 'SELECT 1' }, [1], [1n]],
    ['a pair', ['SELECT 1', [1]], undefined, [1n]],
    ['half a pair', ['SELECT 1'], undefined, []],
    ['no arguments at all', 'SELECT 1', null, []],
  ])('reads %s', (_name, input, args, expected) => {
    expect(read(input, args).statement).toEqual({ sql: 'SELECT 1', args: expected });
  });

  it('finds the options of the call in the statement', () => {
    const { signal } = new AbortController();

    expect(read({ sql: 'SELECT 1', timeoutMs: 7, signal }).options).toMatchObject({ timeoutMs: 7, signal });
  });

  it.each([undefined, null, 7, {}, { sql: 7 }, []])('refuses %p as a statement', async (input) => {
    expect(await failureOf(() => read(input))).toMatchObject({
      code: 'ARGS_INVALID',
      outcome: 'not-applied',
    });
  });

  it.each(['x', 7])('refuses %p as arguments', async (args) => {
    expect(await failureOf(() => read('SELECT ?', args))).toMatchObject({ code: 'ARGS_INVALID' });
  });

  it('names the argument that cannot be stored', async () => {
    const failures = [
      await failureOf(() => read('SELECT ?, ?', [1, undefined])),
      await failureOf(() => read('SELECT :a', { ':a': undefined })),
    ];

    expect(failures.map(({ message }) => message)).toEqual([
      expect.stringContaining('the argument at position 2 is undefined'),
      expect.stringContaining('the argument "a" is undefined'),
    ]);
  });
});
