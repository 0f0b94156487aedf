import { describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { toPackedInsert } from '../../../lib/transfer/copy/packed-insert.js';
import type { Cell } from '../../../lib/transfer/source/cell.js';

/** What SQLite makes of a packed insert, one value after the other. */
function unpack(cells: readonly Cell[]): unknown[] {
  const { sql, args } = toPackedInsert(
    'INSERT INTO t (a)',
    cells.map((cell) => [cell]),
  )!;
  const db = new BetterSqlite3(':memory:');
  db.exec('CREATE TABLE t (a)');
  const [first, second] = ((args ?? []) as readonly { base64: string }[]).map(({ base64 }) =>
    Buffer.from(base64, 'base64'),
  );
  // numbered parameters are names to better-sqlite3
  db.prepare(sql).run({ 1: first, 2: second });
  const found = db.prepare('SELECT a FROM t ORDER BY rowid').pluck().safeIntegers().all();
  db.close();
  return found;
}

const around = (middle: bigint): bigint[] => Array.from({ length: 401 }, (_, n) => middle - 200n + BigInt(n));

describe('a packed insert', () => {
  it.each([0n, 10n ** 6n, 2n ** 53n, -(2n ** 53n), 10n ** 15n])(
    'brings every integer around %d',
    (middle) => {
      const integers = around(middle);

      expect(unpack(integers)).toEqual(integers);
    },
  );

  it('brings the ends of the integers, among values of every kind', () => {
    const cells = [2n ** 63n - 1n, -(2n ** 63n), null, 0.1, -1e-5, 'é', '', 'x\0y', Buffer.from([0, 255])];
    const many = Array.from({ length: 4 }, () => cells).flat();

    expect(unpack(many)).toEqual(many);
  });

  it('brings a text that is larger than its room', () => {
    const texts = Array.from({ length: 20 }, (_, n) => String(n).repeat(200_000));

    expect(unpack(texts)).toEqual(texts);
  });
});
