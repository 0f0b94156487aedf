import type { Database } from 'better-sqlite3';
import { equal, insert, refused, type Trap } from './trap.js';

export const textTraps: Trap[] = [
  equal('text keeps its NULs', (db) => {
    db.exec('CREATE TABLE t (a TEXT, b)');
    insert(db, 't', [
      ['a\0b', '\0'],
      ['\0\0a', 'a\0'],
    ]);
  }),
  equal('NULL, empty text and empty bytes stay apart', (db) => {
    db.exec('CREATE TABLE t (a, b, c)');
    insert(db, 't', [[null, '', Buffer.alloc(0)]]);
  }),
  equal('text of every plane arrives', (db) => {
    db.exec('CREATE TABLE t (a TEXT PRIMARY KEY)');
    insert(
      db,
      't',
      ['\ufeffbom', '😀', 'e\u0301', '\u{10ffff}', '\u202e', '\u2028', 'ß', '日本'].map((a) => [a]),
    );
  }),
  equal('a genuine replacement character is no broken text', (db) => {
    db.exec('CREATE TABLE t (a TEXT)');
    insert(db, 't', [['before'], ['\ufffd'], ['x\ufffdy'], ['behind']]);
  }),
  equal('values that look like SQL stay values', (db) => {
    db.exec('CREATE TABLE t (a TEXT)');
    insert(
      db,
      't',
      [`'); DROP TABLE t; --`, '?', '?1', ':name', '/*', '"', 'line\nline\r\n', '\\x00', '\\'].map((a) => [
        a,
      ]),
    );
  }),
  equal('long texts and bytes arrive', (db) => {
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB)');
    insert(db, 't', [
      [1n, 'x'.repeat(1_500_000), null],
      [2n, null, Buffer.alloc(1_500_000, 7)],
      [3n, 'é'.repeat(400_000), Buffer.alloc(900_000)],
      [4n, 'short', Buffer.alloc(0)],
    ]);
  }),
  equal('the longest value that the server takes arrives', (db) => {
    db.exec('CREATE TABLE t (a BLOB)');
    insert(db, 't', [[Buffer.alloc(4_999_900, 1)]]);
  }),
  refused('value-too-large', 'a longer value is reported', (db) => {
    db.exec('CREATE TABLE t (a BLOB)');
    insert(db, 't', [[Buffer.alloc(5_000_100)]]);
  }),
  refused('value-too-large', 'a row that is too long as a whole is reported', (db) => {
    db.exec('CREATE TABLE t (a TEXT, b BLOB)');
    insert(db, 't', [['x'.repeat(2_600_000), Buffer.alloc(2_600_000)]]);
  }),
  refused('invalid-text', 'text that is no UTF-8 is reported', invalidText),
  equal('text that is no UTF-8 is kept on request', invalidText, { invalidUtf8: 'keep' }),
  {
    name: 'text that is no UTF-8 becomes bytes on request',
    outcome: 'equal',
    build: invalidText,
    options: { invalidUtf8: 'blob' },
    changed: {
      t: [
        [1, 'text', '6F6B'],
        [2, 'blob', '61FF62'],
        [3, 'text', '6F6B'],
      ],
    },
  },
  {
    name: 'text that is no UTF-8 is mended on request',
    outcome: 'equal',
    build: invalidText,
    options: { invalidUtf8: 'replace' },
    changed: {
      t: [
        [1, 'text', '6F6B'],
        [2, 'text', '61EFBFBD62'],
        [3, 'text', '6F6B'],
      ],
    },
  },
  equal(
    'a key that is no UTF-8 is kept on request',
    (db) => {
      db.exec(`CREATE TABLE t (a TEXT PRIMARY KEY, b) WITHOUT ROWID;
        INSERT INTO t VALUES (CAST(x'C328' AS TEXT), 1), ('plain', 2), (CAST(x'FF' AS TEXT), 3)`);
    },
    { invalidUtf8: 'keep' },
  ),
  equal('a UTF-16 database becomes UTF-8', (db) => utf16(db, 'UTF-16le')),
  equal('a big-endian UTF-16 database becomes UTF-8', (db) => utf16(db, 'UTF-16be')),
  refused('invalid-text', 'half a surrogate pair in UTF-16 is reported', (db) => {
    db.exec(`PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a TEXT);
      INSERT INTO t VALUES ('fine'), (CAST(x'41003DD8' AS TEXT))`);
  }),
];

function invalidText(db: Database): void {
  db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
    INSERT INTO t VALUES (1, 'ok'), (2, CAST(x'61FF62' AS TEXT)), (3, 'ok')`);
}

function utf16(db: Database, encoding: string): void {
  db.exec(`PRAGMA encoding = '${encoding}'; CREATE TABLE t (a TEXT, b BLOB);
    CREATE TABLE k (word TEXT PRIMARY KEY, n) WITHOUT ROWID; CREATE INDEX i ON t (a)`);
  insert(db, 't', [
    ['äöü 😀 日本', Buffer.from([0, 255])],
    ['', null],
    ['a\0b', null],
  ]);
  for (const word of ['Ā', 'a', 'ÿ', 'Ȁ', '😀', '\uffee', 'b', 'aa']) insert(db, 'k', [[word, 1n]]);
}
