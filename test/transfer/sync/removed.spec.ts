import { describe, expect, it } from '@jest/globals';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { copyDatabase, syncDatabase } from '../../../lib/transfer/index.js';
import { createSource } from '../support/create-source.js';
import { useTarget } from '../support/use-target.js';

const room = useTarget();

const numbers = (rows: number): string =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) INSERT INTO`;

function build(db: Database): void {
  db.exec(`
    CREATE TABLE plain (id INTEGER PRIMARY KEY, v);
    CREATE TABLE hidden (v);
    CREATE TABLE pairs (a TEXT COLLATE NOCASE, b REAL, v, PRIMARY KEY (a, b)) WITHOUT ROWID;
    CREATE TABLE keyless (rowid TEXT, _rowid_ TEXT, oid TEXT);
    ${numbers(9_000)} plain SELECT i, i FROM n;
    ${numbers(300)} hidden SELECT i FROM n;
    ${numbers(900)} pairs SELECT 'k' || (i % 9), i / 3.0, i FROM n;
    ${numbers(20)} keyless SELECT i, i, i FROM n;`);
}

const changes: [string, string, Record<string, readonly [written: number, removed: number]>][] = [
  [
    'rows in the middle, as many new ones, and those at the end of a table',
    `DELETE FROM plain WHERE id % 1000 = 7; DELETE FROM plain WHERE id > 8500;
     UPDATE plain SET v = 'other' WHERE id = 50; INSERT INTO plain VALUES (-3, 1), (-2, 1), (-1, 1)`,
    { plain: [expect.any(Number) as never, 9 + 500] },
  ],
  [
    'rows whose place another one has taken',
    `UPDATE hidden SET rowid = rowid + 1000 WHERE rowid < 11`,
    { hidden: [expect.any(Number) as never, 10] },
  ],
  [
    'keys without a rowid, and no key that is only written in another way',
    `DELETE FROM pairs WHERE a = 'k5'; INSERT INTO pairs VALUES ('k5x', 1, 1); REPLACE INTO pairs VALUES ('K3', 1, 1)`,
    { pairs: [expect.any(Number) as never, 100] },
  ],
  ['rows that have only their order', `DELETE FROM keyless WHERE oid IN ('3', '9')`, { keyless: [18, 2] }],
  [
    'every row',
    'DELETE FROM plain; DELETE FROM pairs; DELETE FROM keyless',
    { plain: [0, 9_000], pairs: [0, 900], keyless: [0, 20] },
  ],
];

describe('a sync by hash counts as removed', () => {
  it.each(changes)('%s', async (_title, sql, expected) => {
    const source = await createSource(build);
    const options = { source, target: { url: room.server.url } };
    await copyDatabase({ ...options, keepOpen: true });
    const db = new BetterSqlite3(source);
    db.exec(sql);
    db.close();

    const report = await syncDatabase({ ...options, mode: 'hash' });
    const found = report.changes.map(({ name, written, removed }) => [name, [written, removed]]);

    expect(Object.fromEntries(found)).toEqual(expected);
  });
});

describe('a sync by changelog counts as removed', () => {
  it('rows whose key is gone, and no key that is only written in another way', async () => {
    const source = await createSource(build);
    const options = { source, target: { url: room.server.url }, mode: 'changelog' } as const;
    await copyDatabase({ source, target: { url: room.server.url }, keepOpen: true });
    await syncDatabase(options);
    const db = new BetterSqlite3(source);
    db.exec(`DELETE FROM plain WHERE id > 8990; INSERT INTO plain VALUES (-1, 1); UPDATE plain SET v = 0 WHERE id = 1;
      DELETE FROM pairs WHERE a = 'k5'; REPLACE INTO pairs VALUES ('K3', 1, 'other case'), ('K4', 4 / 3.0, 'other case')`);
    db.close();

    const { changes: found } = await syncDatabase(options);
    const counts = found.map(({ name, written, removed }) => [name, [written, removed]]);

    expect(Object.fromEntries(counts)).toEqual({ plain: [2, 10], pairs: [2, 100] });
  });
});
