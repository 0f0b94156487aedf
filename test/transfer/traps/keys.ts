import { equal, insert, type Trap } from './trap.js';

export const keyTraps: Trap[] = [
  equal('rowids without a column stay', (db) => {
    db.exec(`CREATE TABLE t (a); INSERT INTO t (rowid, a) VALUES (1, 'a'), (5, 'b'), (100, 'c'), (-7, 'd');
      DELETE FROM t WHERE rowid = 5`);
  }),
  equal('the lowest and the highest rowid stay', (db) => {
    db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, a);
      INSERT INTO t VALUES (-9223372036854775808, 1), (0, 2), (9223372036854775807, 3)`);
  }),
  equal('a descending INTEGER PRIMARY KEY is no rowid', (db) => {
    db.exec(
      `CREATE TABLE t (id INTEGER PRIMARY KEY DESC, a); INSERT INTO t (rowid, id) VALUES (10, 1), (20, 2)`,
    );
  }),
  equal('an INT PRIMARY KEY is no rowid', (db) => {
    db.exec(`CREATE TABLE t (id INT PRIMARY KEY, a); INSERT INTO t (rowid, id) VALUES (7, 1), (3, 2)`);
  }),
  equal('a column called rowid hides one name of it', (db) => {
    db.exec(`CREATE TABLE t (rowid TEXT, a); INSERT INTO t (_rowid_, rowid) VALUES (9, 'x'), (4, 'y')`);
  }),
  equal('columns can hide the rowid altogether', (db) => {
    db.exec('CREATE TABLE t (rowid TEXT, _rowid_ TEXT, oid TEXT)');
    insert(db, 't', [
      ['x', 'y', 'z'],
      ['x', 'y', 'z'],
      ['a', 'b', 'c'],
    ]);
  }),
  equal('a key of several texts orders a table without rowids', (db) => {
    db.exec('CREATE TABLE t (a TEXT, n, b TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID');
    for (let i = 0; i < 50; i++) insert(db, 't', [[`k${i % 7}`, i, `v${i}`]]);
  }),
  equal('keys may ignore case and descend', (db) => {
    db.exec('CREATE TABLE t (a TEXT COLLATE NOCASE, b, PRIMARY KEY (a DESC, b)) WITHOUT ROWID');
    for (const a of ['b', 'A', 'C', 'd'])
      insert(db, 't', [
        [a, 1n],
        [a, 2n],
      ]);
  }),
  equal('keys may be floats and bytes', (db) => {
    db.exec('CREATE TABLE t (a REAL, b BLOB, PRIMARY KEY (a, b)) WITHOUT ROWID');
    insert(db, 't', [
      [0.1, Buffer.from([0])],
      [1 / 3, Buffer.alloc(0)],
      [-1e300, Buffer.from('x')],
    ]);
  }),
  equal('equal rows of a table without any key stay as many', (db) => {
    db.exec('CREATE TABLE t (a, b)');
    for (let i = 0; i < 300; i++) insert(db, 't', [['same', 1n]]);
  }),
  equal('NULLs in a primary key stay', (db) => {
    db.exec(`CREATE TABLE t (a TEXT PRIMARY KEY, b); INSERT INTO t VALUES (NULL, 1), (NULL, 2), ('x', 3)`);
  }),
  equal('empty tables arrive', (db) => {
    db.exec('CREATE TABLE t (a); CREATE TABLE u (a PRIMARY KEY) WITHOUT ROWID');
  }),
  equal('AUTOINCREMENT goes on behind rows that are gone', (db) => {
    db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a);
      INSERT INTO t (id, a) VALUES (1, 'a'), (500, 'b'); DELETE FROM t WHERE id = 500`);
  }),
  equal('AUTOINCREMENT of an emptied table goes on', (db) => {
    db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO t VALUES (41, 1); DELETE FROM t;
      CREATE TABLE untouched (id INTEGER PRIMARY KEY AUTOINCREMENT)`);
  }),
  equal('counters of tables that are gone do no harm', (db) => {
    db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE plain (a);
      CREATE TABLE stays (id INTEGER PRIMARY KEY AUTOINCREMENT);
      INSERT INTO sqlite_sequence VALUES ('gone', 7), ('plain', 3); DROP TABLE t`);
  }),
  equal('columns may be called as anything', (db) => {
    db.exec(`CREATE TABLE t (size INTEGER PRIMARY KEY, lo, hi, first, last, id, packed, i, windows);
      INSERT INTO t VALUES (300, 9, 8, 7, 6, 5, 4, 3, 2), (2, 1, 2, 3, 4, 5, 6, 7, 8), (1, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')`);
    db.exec(
      'CREATE TABLE u (packed INTEGER PRIMARY KEY, last); INSERT INTO u VALUES (10, 1), (9, 2), (-1, 3)',
    );
  }),
  equal('long and short rows far apart keep their rowids', (db) => {
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)');
    db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
      INSERT INTO t SELECT (i - 350) * 26351262534770788, CASE WHEN i % 97 < 2 THEN replace(hex(zeroblob(9000)), '00', 'ä') END,
      CASE i % 5 WHEN 0 THEN 'T1:x,N' WHEN 1 THEN x'00492c' WHEN 2 THEN 'nul' || char(0) || 'nul' WHEN 3 THEN i / 4.0 ELSE '' END FROM n`);
  }),
  equal('rows of several statements and requests keep their order and number', (db) => {
    db.exec('CREATE TABLE t (a, b); CREATE TABLE u (k INTEGER PRIMARY KEY, v) WITHOUT ROWID');
    db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9001)
      INSERT INTO t SELECT i, 'row ' || i FROM n`);
    db.exec('INSERT INTO u SELECT a * 3, b FROM t');
  }),
];
