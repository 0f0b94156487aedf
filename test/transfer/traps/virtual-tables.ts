import type { Database } from 'better-sqlite3';
import { equal, type Trap } from './trap.js';

export const virtualTableTraps: Trap[] = [
  equal('an FTS5 index arrives with its tables', (db) => {
    db.exec('CREATE VIRTUAL TABLE f USING fts5(title, body)');
    fill(db, 'INSERT INTO f (title, body) VALUES (?, ?)');
    db.exec(`DELETE FROM f WHERE rowid = 3; INSERT INTO f (f) VALUES ('optimize')`);
  }),
  equal('an FTS5 index over another table keeps its triggers', (db) => {
    db.exec(`CREATE TABLE doc (id INTEGER PRIMARY KEY, title, body);
      CREATE VIRTUAL TABLE f USING fts5(title, body, content='doc', content_rowid='id');
      CREATE TRIGGER ai AFTER INSERT ON doc BEGIN
        INSERT INTO f (rowid, title, body) VALUES (new.id, new.title, new.body); END;
      CREATE TRIGGER ad AFTER DELETE ON doc BEGIN
        INSERT INTO f (f, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); END`);
    fill(db, 'INSERT INTO doc (title, body) VALUES (?, ?)');
  }),
  equal('an FTS5 index without content arrives', (db) => {
    db.exec(`CREATE VIRTUAL TABLE f USING fts5(a, b, content='')`);
    fill(db, 'INSERT INTO f (a, b) VALUES (?, ?)');
  }),
  equal('options and tokenizers of FTS5 stay', (db) => {
    db.exec(`CREATE VIRTUAL TABLE f USING fts5(a, b UNINDEXED, prefix='2 3', columnsize=0,
      tokenize='porter unicode61 remove_diacritics 2', detail=column)`);
    fill(db, 'INSERT INTO f (a, b) VALUES (?, ?)');
    db.exec('CREATE VIRTUAL TABLE words USING fts5vocab(f, row)');
  }),
  equal('an FTS4 index arrives with its tables', (db) => {
    db.exec(`CREATE VIRTUAL TABLE f USING fts4(a, b, tokenize=porter)`);
    fill(db, 'INSERT INTO f (a, b) VALUES (?, ?)');
  }),
  equal('an FTS4 index over another table arrives', (db) => {
    db.exec(`CREATE VIRTUAL TABLE a_first USING fts4(content="doc", title, body);
      CREATE TABLE doc (id INTEGER PRIMARY KEY, title, body)`);
    fill(db, 'INSERT INTO doc (title, body) VALUES (?, ?)');
    db.exec('INSERT INTO a_first (docid, title, body) SELECT id, title, body FROM doc');
  }),
  equal('an R-Tree arrives with its tables', (db) => {
    db.exec('CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, y0, y1, +note TEXT)');
    const insert = db.prepare('INSERT INTO r VALUES (?, ?, ?, ?, ?, ?)');
    for (let i = 0; i < 200; i++) insert.run(i, i, i + 1.5, -i, -i + 0.1, `note ${i}`);
  }),
  equal('a Geopoly table arrives', (db) => {
    db.exec(`CREATE VIRTUAL TABLE g USING geopoly(name);
      INSERT INTO g (name, _shape) VALUES ('unit', '[[0,0],[1,0],[1,1],[0,0]]')`);
  }),
  equal('tables of the user may be named like parts of a virtual table', (db) => {
    db.unsafeMode();
    db.exec(`CREATE TABLE docs_content (id INTEGER PRIMARY KEY, body TEXT); CREATE INDEX by_body ON docs_content (body);
      CREATE VIRTUAL TABLE docs USING fts5(body, content='docs_content', content_rowid='id');
      INSERT INTO docs_content VALUES (1, 'alpha'), (2, 'beta'); INSERT INTO docs (docs) VALUES ('rebuild');
      CREATE TABLE page_stat (day TEXT PRIMARY KEY, n) WITHOUT ROWID; INSERT INTO page_stat VALUES ('monday', 1);
      CREATE TABLE page_docsize (n); INSERT INTO page_docsize VALUES (1);
      CREATE VIRTUAL TABLE page USING fts3(body); INSERT INTO page VALUES ('alpha')`);
  }),
  equal('a table that looks like a shadow table is an ordinary one', (db) => {
    db.exec("CREATE TABLE f_data (id INTEGER PRIMARY KEY, block BLOB); INSERT INTO f_data VALUES (1, x'00')");
  }),
];

function fill(db: Database, sql: string): void {
  const insert = db.prepare(sql);
  const words = ['alpha', 'béta', 'gamma', 'delta', 'running', 'runs', 'Łódź', '日本'];
  for (let i = 0; i < 120; i++)
    insert.run(`${words[i % 8]} ${words[(i * 3) % 8]}`, `${i} ${words[(i * 5) % 8]}`);
}
