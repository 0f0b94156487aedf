import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { readSchema } from '../../../lib/transfer/source/read-schema.js';
import { scanTable, type TableFindings } from '../../../lib/transfer/source/scan-table.js';
import { SnapshotDatabase } from '../../../lib/transfer/source/snapshot-database.js';
import type { SourceTable } from '../../../lib/transfer/source/source-schema.js';

const nothing: TableFindings = { tooLarge: 0, invalidTexts: 0, infinities: 0, negativeZeros: 0 };
/** More than SQLite looks at in three goes. */
const rows = 1_600;
const fill = (values: string): string =>
  `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) INSERT INTO t SELECT ${values} FROM n`;

let db: Database;

beforeEach(() => {
  db = new BetterSqlite3(':memory:');
});

afterEach(() => void db.close());

function scan(): TableFindings {
  const database = new SnapshotDatabase(db);
  const { tables, encoding } = readSchema(database);
  return scanTable(database, encoding, tables[0] as SourceTable);
}

describe.each([
  ['by its rowid', 'id INTEGER PRIMARY KEY, a, b', ''],
  ['by a rowid that is no column', 'id, a, b', ''],
  ['without rowids', 'id PRIMARY KEY, a, b', 'WITHOUT ROWID'],
])('a table that is read %s', (_name, columns, kind) => {
  beforeEach(() => {
    db.exec(`CREATE TABLE t (${columns}) ${kind}; ${fill(`i, 'word ' || i || ' \u{1f600}', i / 8.0`)}`);
  });

  it('holds nothing that does not move by itself', () => {
    expect(scan()).toEqual(nothing);
  });

  it.each([1, 499, 500, 501, 1_000, 1_001, rows])('holds one of each kind in row %i', (id) => {
    const set = (value: string): unknown => db.prepare(`UPDATE t SET b = ${value} WHERE id = ?`).run(id);

    set('-9e999');
    expect(scan()).toEqual({ ...nothing, infinities: 1 });
    set('-0.0');
    expect(scan()).toEqual({ ...nothing, negativeZeros: 1 });
    set(`CAST(x'61ff62' AS TEXT)`);
    expect(scan()).toEqual({ ...nothing, invalidTexts: 1 });
    set('zeroblob(5000001)');
    expect(scan()).toEqual({ ...nothing, tooLarge: 1 });
  });

  it('holds what is told apart from its neighbours', () => {
    db.exec(`UPDATE t SET a = CAST(x'c3' AS TEXT), b = CAST(x'a9' AS TEXT) WHERE id = 7;
      UPDATE t SET b = CAST(x'e282' AS TEXT) WHERE id = 800; UPDATE t SET a = CAST(x'ac' AS TEXT) WHERE id = 801;
      UPDATE t SET a = 'a' || char(0) || CAST(x'ff' AS TEXT) WHERE id = 1200`);

    expect(scan()).toEqual({ ...nothing, invalidTexts: 5 });
  });

  it('holds every one of many', () => {
    db.exec(
      `UPDATE t SET a = CAST(x'ff' AS TEXT), b = CASE id % 3 WHEN 0 THEN 9e999 WHEN 1 THEN -0.0 ELSE 0.0 END`,
    );

    expect(scan()).toEqual({ tooLarge: 0, invalidTexts: rows, infinities: 533, negativeZeros: 534 });
  });
});

it('texts and bytes of a row are too large together', () => {
  db.exec(`CREATE TABLE t (a TEXT, b BLOB, c); ${fill(`'a', x'00', i`)};
    UPDATE t SET a = printf('%.*c', 2500001, 'a'), b = zeroblob(2500000) WHERE c IN (3, 1500);
    UPDATE t SET a = printf('%.*c', 2500000, 'a'), b = zeroblob(2500000) WHERE c IN (4, 1501)`);

  expect(scan()).toEqual({ ...nothing, tooLarge: 2 });
});

it('a text is as large as its bytes', () => {
  db.exec(`CREATE TABLE t (a TEXT); INSERT INTO t VALUES (replace(printf('%.*c', 2500001, 'a'), 'a', 'é'))`);

  expect(scan()).toEqual({ ...nothing, tooLarge: 1 });
});

it('a text of UTF-16 counts half its bytes', () => {
  db.exec(`PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a TEXT);
    INSERT INTO t VALUES (printf('%.*c', 5000000, 'a')), (printf('%.*c', 5000001, 'a'))`);

  expect(scan()).toEqual({ ...nothing, tooLarge: 1 });
});

it('rowids at both ends are read', () => {
  db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, a); ${fill('i * 5 - 4000, i')};
    INSERT INTO t VALUES (-9223372036854775808, -0.0), (9223372036854775807, 9e999)`);

  expect(scan()).toEqual({ ...nothing, infinities: 1, negativeZeros: 1 });
});

it.each(['id', 'doubtful', 'texts', 'size', 'rowid', 'a "b"'])(
  'a key of the name %s is a name like others',
  (key) => {
    const name = `"${key.replaceAll('"', '""')}"`;
    db.exec(`CREATE TABLE t (${name} INTEGER PRIMARY KEY, a); ${fill('i, -i')};
    UPDATE t SET a = iif(${name} = 700, 9e999, -0.0) WHERE ${name} IN (700, 1400)`);

    expect(scan()).toEqual({ ...nothing, infinities: 1, negativeZeros: 1 });
  },
);

it('a table of nearly as many columns as SQLite allows is read', () => {
  const columns = Array.from({ length: 1_990 }, (_, index) => `c${index}`);
  db.exec(
    `CREATE TABLE t (${columns.join(', ')}); INSERT INTO t (c0, c700, c1989) VALUES (9e999, 'plain', -0.0)`,
  );

  expect(scan()).toEqual({ ...nothing, infinities: 1, negativeZeros: 1 });
});

it('a column whose collation is missing is read', () => {
  db.exec(`CREATE TABLE t (a TEXT, b); INSERT INTO t VALUES ('a', -0.0)`);
  db.unsafeMode();
  db.exec(`PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'TEXT', 'TEXT COLLATE missing'), rootpage = rootpage;
    PRAGMA writable_schema = RESET`);

  expect(scan()).toEqual({ ...nothing, negativeZeros: 1 });
});
