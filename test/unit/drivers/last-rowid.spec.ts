import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SqliteHandle } from '../../../lib/drivers/sqlite/sqlite-handle.js';
import { runStatement } from '../../../lib/drivers/sqlite/sqlite-run.js';

describe('The rowid of an insert', () => {
  let handle: SqliteHandle;

  beforeEach(() => {
    handle = new SqliteHandle(new BetterSqlite3(':memory:'));
    handle.createTempTables();
    for (const sql of [
      'CREATE TABLE one (id INTEGER PRIMARY KEY, name TEXT UNIQUE)',
      'CREATE TABLE two (id INTEGER PRIMARY KEY, name TEXT UNIQUE ON CONFLICT IGNORE)',
      'CREATE TABLE keyed (id INTEGER PRIMARY KEY, name TEXT) WITHOUT ROWID',
      'CREATE TABLE logged (id INTEGER PRIMARY KEY) WITHOUT ROWID',
      'CREATE TRIGGER log AFTER INSERT ON logged BEGIN INSERT INTO one (id) VALUES (new.id + 100); END',
      'CREATE VIEW seen AS SELECT * FROM one',
      'CREATE TRIGGER see INSTEAD OF INSERT ON seen BEGIN INSERT INTO one VALUES (new.id + 200, new.name); END',
      'CREATE VIRTUAL TABLE words USING fts5 (text)',
    ])
      handle.run(sql);
    run("INSERT INTO one VALUES (77, 'first')");
    // only now the handle knows its last rowid
    run("INSERT INTO one VALUES (7, 'second')");
  });
  afterEach(() => {
    handle.close();
  });

  const run = (sql: string, ...args: bigint[]): unknown =>
    runStatement(handle, { sql, args }, 'number').lastInsertRowid;

  it.each([
    ['the next row', "INSERT INTO one (name) VALUES ('third')", 78n],
    ['several rows', "INSERT INTO one VALUES (1, 'a'), (2, 'b')", 2n],
    ['a row of the same rowid in another table', "INSERT INTO two VALUES (7, 'x')", 7n],
    ['a row in place of the last one', "REPLACE INTO one VALUES (7, 'x')", 7n],
    ['a row of defaults', 'INSERT INTO two DEFAULT VALUES', 1n],
    ['a row selected', "INSERT INTO one SELECT 9, 'x'", 9n],
    ['a row selected with the same rowid', "INSERT INTO two SELECT 7, 'x'", 7n],
    ['a row that is returned', "INSERT INTO two VALUES (7, 'x') RETURNING id", 7n],
    ['a row of a virtual table', "INSERT INTO words VALUES ('hello')", 1n],
    ['a row of a virtual table with the same rowid', "INSERT INTO words (rowid, text) VALUES (7, 'hi')", 7n],
  ])('is told of %s', (_row, sql, rowid) => {
    expect(run(sql)).toBe(rowid);
    handle.run('DELETE FROM one WHERE id <> 7; DELETE FROM two; DELETE FROM words');
    // the second time its effect is known
    run("REPLACE INTO one VALUES (7, 'second')");
    expect(run(sql)).toBe(rowid === 78n ? 8n : rowid);
  });

  it.each([
    ['a table without rowids', "INSERT INTO keyed VALUES (7, 'x')"],
    ['a table without rowids whose trigger inserts', 'INSERT INTO logged VALUES (7)'],
    ['a view', 'INSERT INTO seen VALUES (7, NULL)'],
    ['a conflict that is ignored', "INSERT OR IGNORE INTO one VALUES (7, 'second')"],
    ['an upsert that updates', "INSERT INTO one VALUES (7, 'x') ON CONFLICT DO UPDATE SET name = 'y'"],
    ['a select of nothing', 'INSERT INTO one SELECT * FROM two'],
    ['a returned upsert', "INSERT INTO one VALUES (7, '') ON CONFLICT DO UPDATE SET name = '' RETURNING id"],
  ])('is not that of somebody else for %s', (_target, sql) => {
    expect([run(sql), run(sql.replace('VALUES (7', 'VALUES (8'))]).not.toContain(7n);
  });

  it('is not that of somebody else for a conflict that the table ignores', () => {
    run("INSERT INTO two VALUES (1, 'taken')");
    run("INSERT INTO one VALUES (9, 'last')");

    expect(run("INSERT INTO two VALUES (9, 'taken')")).toBe(0n);
  });

  it('is not that of somebody else when the table has lost its rowids meanwhile', () => {
    const sql = 'INSERT INTO two (id) VALUES (?)';
    expect(run(sql, 7n)).toBe(7n);
    handle.run('DROP TABLE two; CREATE TABLE two (id INTEGER PRIMARY KEY) WITHOUT ROWID');
    run("INSERT INTO one VALUES (5, 'fifth')");

    expect(run(sql, 5n)).toBe(0n);
  });

  it('is told of what EXPLAIN does not take', () => {
    const sql = '; INSERT INTO one (name) VALUES (NULL)';
    expect([run(sql), run(sql), run(sql)]).toEqual([78n, 79n, 80n]);
  });

  it('is not that of an insert that failed, or of a script', () => {
    const sql = "INSERT OR FAIL INTO one VALUES (50, 'fifty'), (7, 'taken')";
    expect(() => run(sql)).toThrow('UNIQUE');
    expect(run('INSERT OR IGNORE INTO one VALUES (50, NULL)')).toBe(0n);

    handle.run('INSERT INTO one (id) VALUES (60)');
    expect(run('INSERT INTO keyed VALUES (60, NULL)')).toBe(0n);
  });
});
