import type { Database } from 'better-sqlite3';

/** Tables whose changes are easily lost: by REPLACE, by a new key, by a cascade, by a trigger, without a rowid, under NOCASE. */
export function buildBusy(db: Database): void {
  db.exec(`
    CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT UNIQUE COLLATE NOCASE, name TEXT, a INT, b INT, UNIQUE (a, b));
    CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE, text TEXT);
    CREATE TABLE pairs (a TEXT COLLATE NOCASE, b REAL, v, PRIMARY KEY (a, b)) WITHOUT ROWID;
    CREATE TABLE named (key TEXT PRIMARY KEY, v);
    CREATE TABLE keyless (a, b);
    CREATE TABLE partial (id INTEGER PRIMARY KEY, a, deleted INTEGER);
    CREATE UNIQUE INDEX alive ON partial (a) WHERE deleted = 0;
    CREATE TABLE expressed (id INTEGER PRIMARY KEY, a TEXT);
    CREATE UNIQUE INDEX lowered ON expressed (lower(a));
    CREATE TABLE odd (rowid TEXT, _rowid_ TEXT, oid TEXT);
    CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT);
    CREATE TABLE kept (id INTEGER PRIMARY KEY, n INTEGER, d GENERATED ALWAYS AS (n * 2) STORED);
    CREATE VIRTUAL TABLE found USING fts5 (text);
    CREATE TRIGGER audit_users AFTER INSERT ON users BEGIN INSERT INTO audit (what) VALUES ('new ' || new.email); END;
    CREATE TRIGGER audit_posts AFTER DELETE ON posts BEGIN INSERT INTO audit (what) VALUES ('gone ' || old.id); END;
  `);
  const count = (rows: number): string =>
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})`;
  db.exec(`${count(4300)} INSERT INTO users (email, name, a, b) SELECT 'U' || i || '@x', 'n' || i, i, i % 7 FROM n;
    ${count(900)} INSERT INTO posts SELECT i, i % 50 + 1, 'post ' || i FROM n;
    ${count(300)} INSERT INTO pairs SELECT 'key' || (i % 20), i / 3.0, i FROM n;
    ${count(300)} INSERT INTO named SELECT 'k' || i, i FROM n;
    ${count(300)} INSERT INTO keyless SELECT i % 5, 'same' FROM n;
    ${count(300)} INSERT INTO partial SELECT i, i, 0 FROM n;
    ${count(300)} INSERT INTO expressed SELECT i, 'Text' || i FROM n;
    ${count(10)} INSERT INTO odd SELECT i, i, 'x' FROM n;
    ${count(200)} INSERT INTO kept (id, n) SELECT i, i FROM n;
    INSERT INTO found VALUES ('alpha beta'), ('gamma');`);
}

/** Everything that an application may do in a round. */
export function changeBusy(db: Database, round: number): void {
  const n = 10 + round * 40;
  db.exec(`
    -- REPLACE removes two rows, each by another unique key, and the rows below one of them
    INSERT OR REPLACE INTO users (email, name, a, b) VALUES ('u${n}@X', 'replaced', ${n + 1}, ${(n + 1) % 7});
    UPDATE OR REPLACE users SET email = 'u${n + 5}@x' WHERE id = ${n + 6};
    UPDATE users SET id = id + 100000 WHERE id = ${n + 8};
    DELETE FROM users WHERE id = ${n + 9};
    INSERT INTO users (id, email, a, b) VALUES (${n + 11}, 'new${round}', 1, 1)
      ON CONFLICT (id) DO UPDATE SET name = 'upserted';
    INSERT INTO users (email, a, b) VALUES ('fresh${round}@x', ${-n}, 0), ('fresh${round + 100}@x', ${-n}, 1);
    UPDATE posts SET id = -id WHERE id BETWEEN ${n * 5} AND ${n * 5 + 3};
    DELETE FROM posts WHERE id = ${n + 2};
    REPLACE INTO pairs VALUES ('KEY${round}', ${(20 + round) / 3.0}, 'other case');
    UPDATE pairs SET b = -b WHERE a = 'key${round + 3}';
    DELETE FROM pairs WHERE a = 'key${round + 7}';
    INSERT OR REPLACE INTO named VALUES ('k${n}', 'replaced');
    UPDATE named SET key = 'moved${n}' WHERE key = 'k${n + 1}';
    UPDATE OR REPLACE named SET key = 'k${n + 3}' WHERE key = 'k${n + 2}';
    DELETE FROM keyless WHERE rowid = ${n};
    INSERT INTO keyless VALUES (9, 'more');
    INSERT OR REPLACE INTO partial VALUES (${n + 1000}, ${n}, 0);
    INSERT OR REPLACE INTO expressed VALUES (${n + 1000}, 'TEXT${n}');
    INSERT INTO odd VALUES ('r${round}', 2, 3);
    DELETE FROM odd WHERE oid = 'x' AND rowid = '${round + 2}';
    UPDATE kept SET n = n + 1000 WHERE id % 50 = ${round};
    INSERT INTO found VALUES ('round ${round} delta');
    DELETE FROM found WHERE rowid = 1;
  `);
  if (round === 1) db.exec('DELETE FROM kept; PRAGMA user_version = 7; VACUUM');
  db.exec("BEGIN; DELETE FROM named WHERE key < 'k2'; ROLLBACK");
  // two rows swap what is unique
  db.exec(`BEGIN; UPDATE users SET email = 'swap' WHERE id = 3; UPDATE users SET email = 'U3@x${round}' WHERE id = 4;
    UPDATE users SET email = 'U4@x${round}' WHERE id = 3; COMMIT`);
}
