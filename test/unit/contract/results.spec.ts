import { describe, expect, it } from '@jest/globals';
import type { Value } from '@libsql/core/api';
import { toIntMode } from '../../../lib/contract/integers.js';
import { StatementResult } from '../../../lib/contract/result-set.js';
import { createRowFactory } from '../../../lib/contract/row.js';
import { IntegerRangeError } from '../../../lib/errors/integer-range-error.js';
import { startChild } from '../../connection/support/child.js';
import { failureOf } from '../../contract/facts.js';

describe('createRowFactory', () => {
  const names = (row: object): string[] => Object.keys(row);
  const values = (row: object): Value[] => Array.from(row as ArrayLike<Value>);

  it('makes rows that answer by name and by index', () => {
    const row = createRowFactory(['a', 'b'])([1, 'x']);

    expect([row.a, row.b, row[0], row[1], row.length]).toEqual([1, 'x', 1, 'x', 2]);
    expect([names(row), { ...row }, JSON.stringify(row)]).toEqual([
      ['a', 'b'],
      { a: 1, b: 'x' },
      '{"a":1,"b":"x"}',
    ]);
  });

  it('keeps the rows of one result apart', () => {
    const createRow = createRowFactory(['a']);
    const rows = [createRow([1]), createRow([2])];
    rows[0]!.a = 3;

    expect(rows.map(({ a }) => a)).toEqual([3, 2]);
  });

  it.each<[string, string[], Record<string, Value>]>([
    ['two columns with one name', ['a', 'a', 'b'], { a: 1, b: 3 }],
    ['a column named like an index', ['1', 'a', 'b'], { 1: 2, a: 2, b: 3 }],
    ['a column named length', ['length', 'a', 'b'], { a: 2, b: 3 }],
    ['a column named __proto__', ['a', '__proto__', 'b'], { a: 1, ['__proto__']: 2, b: 3 }],
    ['columns without a name', ['', '', 'b'], { '': 1, b: 3 }],
    [
      'columns of the prototype',
      ['constructor', 'toString', 'valueOf'],
      { constructor: 1, toString: 2, valueOf: 3 },
    ],
  ])('keeps every index of %s', (_name, columns, named) => {
    const row = createRowFactory(columns)([1, 2, 3]);

    expect([values(row), row.length]).toEqual([[1, 2, 3], 3]);
    expect(Object.fromEntries(Object.entries(row))).toEqual(named);
  });

  it.each([
    ['quotes', ["it's", 'a "b"', '`c`', 'd\\']],
    ['line ends', ['a\nb', 'c\r', '\u2028', '\u2029']],
    ['code', ['${process.exit(1)}', '*/ throw 1 //', "'];throw 1;['", '"];throw 1;["', 'constructor']],
  ])('takes names of columns that hold %s for names, however many rows there are', (_name, columns) => {
    const createRow = createRowFactory(columns);
    const made = Array.from({ length: 200 }, (_, n) => createRow(columns.map((_column, index) => n + index)));

    for (const [n, row] of made.entries()) {
      expect(names(row)).toEqual(columns);
      expect(values(row)).toEqual(columns.map((_column, index) => n + index));
    }
    expect(new Set(made.map((row) => Object.getPrototypeOf(row) as object)).size).toBe(1);
    expect(made.at(-1)?.constructor).toBe(columns.includes('constructor') ? 203 : Object);
  });

  it('makes rows where Node was told not to compile code from strings', async () => {
    const child = startChild(
      `const db = createConnection({ url: ':memory:' });
       const read = () => db.execute('WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100) SELECT n FROM c');
       let compiles = true;
       try { new Function('return 1'); } catch { compiles = false; }
       await read();
       const { rows } = await read();
       print([compiles, rows.length, rows[99].n, rows[99][0]]);
       await db.close();`,
      { NODE_OPTIONS: '--disallow-code-generation-from-strings' },
    );

    expect(await child.ended).toEqual([[false, 100, 100, 100]]);
  });

  it('makes rows of no columns', () => {
    const row = createRowFactory([])([]);

    expect([row.length, names(row)]).toEqual([0, []]);
  });
});

describe('StatementResult', () => {
  it('turns into plain JSON', () => {
    const columns = ['a', 'b', 'c', 'd'];
    const bytes = new Uint8Array([1, 2]).buffer;
    const result = new StatementResult({
      columns,
      columnTypes: ['', '', '', 'BLOB'],
      rows: [
        createRowFactory(columns)([1, 'x', 9n, bytes]),
        createRowFactory(columns)([null, '', 0n, bytes]),
      ],
      rowsAffected: 2,
      lastInsertRowid: 7n,
    });

    expect(JSON.parse(JSON.stringify(result))).toEqual({
      columns,
      columnTypes: ['', '', '', 'BLOB'],
      rows: [
        [1, 'x', '9', 'AQI='],
        [null, '', '0', 'AQI='],
      ],
      rowsAffected: 2,
      lastInsertRowid: '7',
    });
  });

  it('has no last rowid where nothing was inserted', () => {
    const parts = { columns: [], columnTypes: [], rows: [], rowsAffected: 0, lastInsertRowid: undefined };

    expect(new StatementResult(parts).toJSON()).toMatchObject({ lastInsertRowid: null });
  });
});

describe('toIntMode', () => {
  const largest = BigInt(Number.MAX_SAFE_INTEGER);

  it.each([
    [5n, 'number', 5],
    [largest, 'number', Number.MAX_SAFE_INTEGER],
    [-largest, 'number', -Number.MAX_SAFE_INTEGER],
    [5n, 'bigint', 5n],
    [2n ** 62n, 'bigint', 2n ** 62n],
    [2n ** 62n, 'string', '4611686018427387904'],
  ] as const)('turns %s under %s into %s', (value, mode, expected) => {
    expect(toIntMode(value, mode, 'not-applied')).toBe(expected);
  });

  it.each([largest + 1n, -largest - 1n])(
    'refuses %s under number and says what became of the statement',
    async (value) => {
      const failure = await failureOf(() => toIntMode(value, 'number', 'applied'));

      expect(failure).toBeInstanceOf(IntegerRangeError);
      expect(failure).toBeInstanceOf(RangeError);
      expect(failure).toMatchObject({ code: 'INTEGER_OUT_OF_RANGE', outcome: 'applied' });
      expect(failure.message).not.toContain(String(value));
    },
  );
});
