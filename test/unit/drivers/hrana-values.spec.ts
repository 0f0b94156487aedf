import { describe, expect, it } from '@jest/globals';
import type { HranaStatementResult } from '../../../lib/drivers/turso/hrana-protocol.js';
import { decodeResult } from '../../../lib/drivers/turso/hrana-values.js';

const answer = (...columns: string[]): HranaStatementResult => ({
  cols: columns.map((name) => ({ name, decltype: 'TEXT' })),
  rows: [columns.map((name) => ({ type: 'text', value: `${name} of the row` }))],
  affected_row_count: 0,
  last_insert_rowid: null,
});
const decode = (sql: string, ...columns: string[]) => decodeResult(answer(...columns), sql, 'number');

describe('the rows of a statement that runs again', () => {
  it('have the shape of those before', () => {
    const [first, second] = [decode('SELECT 1', 'a', 'b'), decode('SELECT 1', 'a', 'b')];

    expect(Object.getPrototypeOf(second.rows[0])).toBe(Object.getPrototypeOf(first.rows[0]));
    expect({ ...second.rows[0] }).toEqual({ a: 'a of the row', b: 'b of the row' });
  });

  it('have the columns of their own answer when the table has changed', () => {
    decode('SELECT 2', 'a', 'b');
    const { rows } = decode('SELECT 2', 'a', 'c');

    expect({ ...rows[0] }).toEqual({ a: 'a of the row', c: 'c of the row' });
    expect([rows[0]?.length, rows[0]?.[1]]).toEqual([2, 'c of the row']);
  });

  it('do not notice that a caller changed the columns of a result', () => {
    const first = decode('SELECT 3', 'a');
    first.columns[0] = 'mine';
    const [second, third] = [decode('SELECT 3', 'a'), decode('SELECT 3', 'a')];

    expect([first, second, third].map(({ rows }) => rows[0]?.[0])).toEqual(Array(3).fill('a of the row'));
    expect({ ...third.rows[0] }).toEqual({ a: 'a of the row' });
  });
});
