import { equal, insert, refused, rewriteSchema, type Trap } from './trap.js';

export const definitionTraps: Trap[] = [
  equal('generated columns are computed, not copied', (db) => {
    db.exec(`CREATE TABLE t (a INTEGER, v AS (a * 2), b TEXT, s TEXT GENERATED ALWAYS AS (upper(b)) STORED, c);
      INSERT INTO t (a, b, c) VALUES (1, 'x', 2), (NULL, NULL, NULL); CREATE INDEX i ON t (v)`);
  }),
  equal('STRICT tables take every class', (db) => {
    db.exec('CREATE TABLE t (a INT, b INTEGER, c REAL, d TEXT, e BLOB, f ANY) STRICT');
    insert(db, 't', [
      [1n, 2n, 3, 'x', Buffer.from('y'), 4.5],
      [null, null, 1.5, '12', Buffer.alloc(0), '12'],
    ]);
  }),
  equal('indexes may be partial, computed, collated and unique', (db) => {
    db.exec(`CREATE TABLE t (a TEXT, b INTEGER); INSERT INTO t VALUES ('x', 1), ('X', NULL), ('y', NULL);
      CREATE INDEX i1 ON t (lower(a)); CREATE UNIQUE INDEX i2 ON t (b) WHERE b IS NOT NULL;
      CREATE INDEX i3 ON t (a COLLATE NOCASE DESC, b); CREATE INDEX i4 ON t (b + 1, length(a))`);
  }),
  equal('tables may reference themselves and each other', (db) => {
    db.exec(`PRAGMA foreign_keys = OFF;
      CREATE TABLE a (id INTEGER PRIMARY KEY, up REFERENCES a (id), b REFERENCES b (id) ON DELETE CASCADE);
      CREATE TABLE b (id INTEGER PRIMARY KEY, a NOT NULL REFERENCES a (id));
      INSERT INTO a VALUES (1, 2, 1), (2, 1, NULL); INSERT INTO b VALUES (1, 1)`);
  }),
  equal('rows without what they reference arrive', (db) => {
    db.exec(`PRAGMA foreign_keys = OFF; CREATE TABLE p (id INTEGER PRIMARY KEY);
      CREATE TABLE c (p REFERENCES p (id), q REFERENCES missing (id)); INSERT INTO c VALUES (404, 404)`);
  }),
  equal('ON CONFLICT clauses drop no rows', (db) => {
    db.exec(`CREATE TABLE t (a UNIQUE ON CONFLICT REPLACE, b NOT NULL ON CONFLICT IGNORE, c CHECK (c > 0));
      INSERT INTO t VALUES (1, 1, 1), (2, 2, 2), (NULL, 3, 3), (NULL, 4, 4)`);
  }),
  equal('triggers do not fire during the load', (db) => {
    db.exec(`CREATE TABLE t (a); CREATE TABLE log (a);
      CREATE TRIGGER logs AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END;
      CREATE TRIGGER refuses BEFORE INSERT ON log WHEN new.a > 5 BEGIN SELECT RAISE(ABORT, 'no; END'); END;
      INSERT INTO t VALUES (1), (2); DELETE FROM log WHERE a = 2`);
  }),
  equal('views take writes through INSTEAD OF triggers', (db) => {
    db.exec(`CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2); CREATE VIEW v (x, y) AS SELECT a, b FROM t;
      CREATE VIEW w AS SELECT * FROM v;
      CREATE TRIGGER i INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (new.x, new.y); END;
      CREATE TRIGGER u INSTEAD OF UPDATE OF x ON v BEGIN UPDATE t SET a = new.x WHERE a = old.x; END;
      CREATE TRIGGER d INSTEAD OF DELETE ON w BEGIN DELETE FROM t WHERE a = old.x; END`);
  }),
  equal('a view of a table that is gone stays broken', (db) => {
    db.exec(`CREATE TABLE t (a); CREATE VIEW v AS SELECT * FROM t; DROP TABLE t;
      CREATE VIEW w AS SELECT a FROM nowhere`);
  }),
  equal('401 tables arrive', (db) => {
    for (let i = 0; i < 401; i++) db.exec(`CREATE TABLE t${i} (a)`);
    db.exec('INSERT INTO t0 VALUES (1); INSERT INTO t400 VALUES (2)');
  }),
  refused('unreadable', 'a table of two thousand columns has no room for its rowid', (db) => {
    db.exec(`CREATE TABLE t (${Array.from({ length: 2000 }, (_, i) => `c${i}`).join(', ')})`);
  }),
  {
    name: '1,999 columns arrive',
    outcome: 'equal',
    back: 'unreadable',
    build(db) {
      const columns = Array.from({ length: 1999 }, (_, i) => `c${i}`);
      db.exec(`CREATE TABLE t (${columns.join(', ')})`);
      for (let i = 0; i < 40; i++) db.exec(`INSERT INTO t (c0, c1998) VALUES (${i}, 'last')`);
    },
  },
  {
    name: 'doubtful text among 1,999 columns arrives',
    outcome: 'equal',
    back: 'unreadable',
    options: { invalidUtf8: 'keep' },
    build(db) {
      const columns = Array.from({ length: 1999 }, (_, i) => `c${i}`);
      db.exec(`CREATE TABLE t (${columns.join(', ')}); INSERT INTO t (c0, c1, c1998) VALUES
        ('plain', x'ff00', 'x\ufffdy'), (CAST(x'61ff62' AS TEXT), x'', ''), (-0.0, 9e999, 9223372036854775807)`);
    },
  },
  equal('names may hold anything', (db) => {
    db.exec(`CREATE TABLE "we""ird 'x' [y] \`z\`" ("a""b", "select", "", "é 😀", "?1", ":p");
      INSERT INTO "we""ird 'x' [y] \`z\`" VALUES (1, 2, 3, 4, 5, 6);
      CREATE TABLE "order" ("group" PRIMARY KEY, "a;b") WITHOUT ROWID; INSERT INTO "order" VALUES ('x', 'y');
      CREATE INDEX "in dex;" ON "order" ("a;b"); CREATE VIEW "v--w" AS SELECT "group" FROM "order";
      CREATE TABLE [brackets] ([a b]); CREATE TABLE 'single' ('q')`);
  }),
  equal('definitions keep their comments and lines', (db) => {
    db.exec(`CREATE TABLE t ( -- the key; not the value
      a INTEGER /* ; */ PRIMARY KEY,
      b TEXT DEFAULT ('a;b') CHECK (b <> 'x''y') -- last
    ); INSERT INTO t VALUES (1, 'c');
    CREATE VIEW v AS /* why */ SELECT a -- because
      FROM t`);
  }),
  equal('defaults stay expressions', (db) => {
    db.exec(`CREATE TABLE t (a, b DEFAULT CURRENT_TIMESTAMP, c DEFAULT (1 + 2), d DEFAULT -0.5, e DEFAULT NULL);
      INSERT INTO t (a) VALUES (1)`);
  }),
  equal('user_version arrives', (db) => {
    db.exec('CREATE TABLE t (a); PRAGMA user_version = 2147483647');
  }),
  equal('application_id and statistics stay behind without harm', (db) => {
    db.exec(`CREATE TABLE t (a); CREATE INDEX i ON t (a); INSERT INTO t VALUES (1); ANALYZE;
      PRAGMA application_id = 77; PRAGMA user_version = -5`);
  }),
  equal('tables of Litestream and libSQL stay behind without harm', (db) => {
    db.exec(`CREATE TABLE t (a); INSERT INTO t VALUES (1);
      CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER); INSERT INTO _litestream_seq VALUES (1, 7);
      CREATE TABLE _litestream_lock (id INTEGER); CREATE INDEX by_id ON _litestream_lock (id);
      CREATE TABLE libsql_wasm_func_table (name TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID;
      CREATE TABLE libsql_vector_meta_shadow (name TEXT PRIMARY KEY, metadata BLOB) WITHOUT ROWID`);
  }),
  equal('columns added, renamed and dropped later read as they do', (db) => {
    db.exec(`CREATE TABLE old (a, gone, b); INSERT INTO old VALUES (1, 2, 3); ALTER TABLE old DROP COLUMN gone;
      ALTER TABLE old ADD COLUMN c DEFAULT 'new'; INSERT INTO old VALUES (4, 5, 6);
      ALTER TABLE old RENAME COLUMN b TO bb; ALTER TABLE old RENAME TO fresh`);
  }),
  equal('a table made of a query keeps its classes', (db) => {
    db.exec(`CREATE TABLE t AS SELECT 1 AS a, 2.0 AS b, 'x' AS c, x'00' AS d, NULL AS e`);
  }),
  equal('an empty database arrives', () => undefined),
  equal('a file in delete mode with other pages arrives', (db) => {
    db.pragma('journal_mode = DELETE');
    db.exec('PRAGMA page_size = 512; VACUUM; CREATE TABLE t (a); INSERT INTO t VALUES (1)');
  }),
  refused('missing-function', 'a check with a function of the application is reported', (db) => {
    db.function('shout', { deterministic: true }, (text) => String(text).toUpperCase());
    db.exec(`CREATE TABLE t (a CHECK (shout(a) <> '')); INSERT INTO t VALUES ('x')`);
  }),
  refused('missing-function', 'an index with a function of the application is reported', (db) => {
    db.function('shout', { deterministic: true }, (text) => String(text).toUpperCase());
    db.exec(`CREATE TABLE t (a); INSERT INTO t VALUES ('x'); CREATE INDEX i ON t (shout(a))`);
  }),
  refused('missing-function', 'a trigger with a function of the application is reported', (db) => {
    db.exec(`CREATE TABLE t (a); CREATE TABLE log (a);
      CREATE TRIGGER r AFTER UPDATE OF a ON t BEGIN INSERT INTO log VALUES (shout(new.a)); END`);
  }),
  refused('missing-function', 'a view with a function of the application is reported', (db) => {
    db.exec('CREATE TABLE t (a); CREATE VIEW v AS SELECT shout(a) FROM t');
  }),
  refused('missing-collation', 'a collation of the application is reported', (db) => {
    db.exec(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE UNIQUE); INSERT INTO t VALUES (1, 'x')`,
    );
    rewriteSchema(db, 't', 'NOCASE', 'german');
  }),
  refused('missing-module', 'a virtual table of an unknown module is reported', (db) => {
    db.exec('CREATE VIRTUAL TABLE v USING fts5(a); CREATE TABLE t (a)');
    rewriteSchema(db, 'v', 'fts5', 'vec0');
  }),
  refused('reserved-name', 'a table with the name of our books is reported', (db) => {
    db.exec('CREATE TABLE nestjs_turso_transfer (a)');
  }),
];
