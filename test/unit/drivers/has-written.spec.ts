import { describe, expect, it } from '@jest/globals';
import type { ResultSet } from '@libsql/core/api';
import type { Statement } from '../../../lib/contract/statement.js';
import { hasWritten } from '../../../lib/drivers/replica/has-written.js';

const judge = (sql: string, rowsAffected = 1): boolean =>
  hasWritten({ sql } as Statement, { rowsAffected } as ResultSet);

describe('a write that counts a row', () => {
  it.each([
    'INSERT INTO t VALUES (1)',
    '-- why\n insert into "t" ("id", "a") values (?, ?) returning "id"',
    'INSERT INTO main.t (a) SELECT 1',
    'INSERT INTO t DEFAULT VALUES',
    'INSERT INTO `a b` (`c`) VALUES (1)',
    'DELETE FROM t',
  ])('has surely written: %s', (sql) => {
    expect(judge(sql)).toBe(true);
    expect(judge(sql, 0)).toBe(false);
  });

  it.each([
    "INSERT INTO t(t) VALUES ('integrity-check')",
    'INSERT INTO "t" ("T", rank) VALUES (\'merge\', 8)',
    "INSERT INTO main.[t] (rank, `t`) VALUES (8, 'merge')",
    "INSERT /* into */ INTO t(t) VALUES ('optimize')",
    "INSERT INTO t /* ( */ (t) VALUES ('optimize')",
    'INSERT OR REPLACE INTO t VALUES (1)',
    'INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = a',
    'UPDATE t SET a = a',
    'REPLACE INTO t VALUES (1)',
  ])('may have written nothing: %s', (sql) => {
    expect(judge(sql)).toBe(false);
  });
});
