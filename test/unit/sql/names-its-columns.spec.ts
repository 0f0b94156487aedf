import { expect, it } from '@jest/globals';
import { namesItsColumns } from '../../../lib/sql/names-its-columns.js';

const named = [
  'SELECT id FROM tasks',
  ' select id, title\nfrom tasks where id = ?',
  'SELECT t.id, main.tasks.title AS name FROM tasks t',
  'select "id", "tasks"."due at" as "dueAt" from "tasks" limit ?',
  'SELECT `id`, [due at] FROM tasks',
];
const unnamed = [
  'SELECT * FROM tasks',
  'SELECT id, t.* FROM tasks t',
  'SELECT id, * FROM tasks',
  // the name of the key that stands for it
  'SELECT rowid FROM tasks',
  'SELECT id, "OID" FROM tasks',
  'SELECT t._rowid_ FROM tasks t',
  // rare, or not worth a look
  'SELECT count(*) FROM tasks',
  'SELECT 1',
  'SELECT (SELECT * FROM other) FROM tasks',
  'VALUES (1)',
  'WITH t AS (SELECT 1) SELECT * FROM t',
  '/* SELECT id FROM */ SELECT * FROM tasks',
  '',
];

it.each(named)('%j names each of its columns', (sql) => {
  expect(namesItsColumns(sql)).toBe(true);
});

it.each(unnamed)('%j leaves a name to the schema, or is not looked at closely', (sql) => {
  expect(namesItsColumns(sql)).toBe(false);
});

it('reads a text of a megabyte at once', () => {
  expect(namesItsColumns(`SELECT ${'a, '.repeat(400_000)}* FROM t`)).toBe(false);
});
