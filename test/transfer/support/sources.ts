import type { Database } from 'better-sqlite3';
import { createSource } from './create-source.js';

/** A database of several requests, with a table that has no key, a table without rowids, an index, a view and a trigger. */
export function createLongSource(rows = 8_500): Promise<string> {
  return createSource((db) => buildLong(db, rows));
}

function buildLong(db: Database, rows: number): void {
  db.exec(`CREATE TABLE keyless (a, b); CREATE TABLE words (w TEXT PRIMARY KEY, n) WITHOUT ROWID;
    CREATE TABLE numbered (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT);
    CREATE VIRTUAL TABLE f USING fts5(a);
    CREATE INDEX by_b ON keyless (b); CREATE VIEW v AS SELECT a FROM keyless;
    CREATE TRIGGER r AFTER INSERT ON keyless BEGIN INSERT INTO numbered (a) VALUES (new.a); END;
    DROP TRIGGER r`);
  const count = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})`;
  db.exec(`${count} INSERT INTO keyless SELECT 'same', i / 3 FROM n`);
  db.exec(`${count} INSERT INTO words SELECT 'word ' || i, i FROM n WHERE i <= 500`);
  db.exec(`${count} INSERT INTO numbered SELECT i * 2, 'text ' || i FROM n`);
  db.exec(`INSERT INTO f VALUES ('alpha'), ('beta')`);
  db.exec('CREATE TRIGGER r AFTER INSERT ON keyless BEGIN INSERT INTO numbered (a) VALUES (new.a); END');
}

/** A table with rows that its own CHECK refuses: 3, 6, 9, … */
export function createSourceWithBadRows(rows = 10): Promise<string> {
  return createSource((db) => {
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, n CHECK (n % 3 <> 0)); CREATE TABLE u (a)');
    db.pragma('ignore_check_constraints = ON');
    const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
    for (let n = 1; n <= rows; n++) insert.run(n, n);
    db.exec('INSERT INTO u VALUES (1)');
  });
}
