import { expect, it } from '@jest/globals';
import { describeSql } from '../../../lib/sql/describe-sql.js';

it.each([
  ["SELECT a FROM t WHERE b = 'it''s' AND c > 12.5e3", 'SELECT a FROM t WHERE b = ?? AND c > ?'],
  ['select "a b", [c] -- secret\nfrom t /* secret */ limit 5', 'select "a b", [c] from t limit ?'],
  ["SELECT x'AB', t1.c2, ?3, :name", 'SELECT x?, t1.c2, ??, :name'],
  ["SELECT 'cut off", 'SELECT ?'],
  [`SELECT ${'a, '.repeat(100)}b`, `${'SELECT ' + 'a, '.repeat(37)}a, …`],
])('the shape of %j is %j', (sql, shape) => {
  expect(describeSql(sql)).toBe(shape);
});
