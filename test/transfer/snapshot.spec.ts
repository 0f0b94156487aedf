import { describe, expect, it } from '@jest/globals';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { copyDatabase, planTransfer, readStatus, type CopyOptions } from '../../lib/transfer/index.js';
import { takeSnapshot } from '../../lib/transfer/source/take-snapshot.js';
import { createTempFolder } from '../support/temp-folder.js';
import { createSource } from './support/create-source.js';
import { useTransferRoom } from './support/transfer-room.js';

const room = useTransferRoom();

/** What only the application knows. better-sqlite3 can make no collation, so the file is told of one. */
function needCollation(db: Database, ...names: string[]): void {
  db.exec('CREATE TABLE word (w TEXT, n); CREATE INDEX by_w ON word (w COLLATE NOCASE)');
  db.exec(`INSERT INTO word (rowid, w, n) VALUES (3, 'b', 1), (9, 'A', 2), (4, 'c', 3)`);
  db.exec('CREATE TABLE lost (w TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID');
  db.unsafeMode(true);
  db.pragma('writable_schema = ON');
  for (const name of names)
    db.exec(`UPDATE sqlite_schema SET sql = replace(sql, 'NOCASE', 'mine') WHERE name = '${name}'`);
}

function to(source: string): CopyOptions {
  return { source, target: { url: room.server.url } };
}

describe('a snapshot that SQLite cannot make by VACUUM', () => {
  it('is the pages themselves, with every rowid and what stands in the log', async () => {
    const source = await createSource((db) => needCollation(db, 'by_w', 'lost'));
    const writer = new BetterSqlite3(source);
    writer.exec('PRAGMA wal_autocheckpoint = 0; UPDATE word SET n = 30 WHERE rowid = 4');
    writer.exec('BEGIN; UPDATE word SET n = 0');
    const copy = join(await createTempFolder('snapshot'), 'copy.db');

    expect(() => writer.prepare('VACUUM INTO ?').run(`${copy}.vacuum`)).toThrow();
    await takeSnapshot(source, copy);
    writer.exec('ROLLBACK');
    writer.close();

    const db = new BetterSqlite3(copy, { readonly: true });
    const rows = db.prepare('SELECT rowid, w, n FROM word').raw().all();
    db.close();
    expect(rows).toEqual([
      [3, 'b', 1],
      [4, 'c', 30],
      [9, 'A', 2],
    ]);
  });

  it('lets a plan name what needs the collation, and a status count the rows', async () => {
    const source = await createSource((db) => needCollation(db, 'by_w'));
    const unreadable = await createSource((db) => needCollation(db, 'by_w', 'lost'));

    const plans = [await planTransfer(to(source)), await planTransfer(to(unreadable))];

    const problems = plans.map((plan) => plan.problems.map(({ kind, object }) => `${kind} ${object}`));
    expect(problems).toEqual([
      ['missing-collation by_w'],
      ['missing-collation lost', 'missing-collation by_w', 'unreadable lost'],
    ]);
    const word = { name: 'word', rows: 3 };
    for (const { tables } of [...plans, await readStatus(source)]) expect(tables).toContainEqual(word);
    expect((await readStatus(unreadable)).tables).toEqual([{ name: 'lost', rows: undefined }, word]);
    expect(await room.target.all('SELECT name FROM sqlite_schema')).toEqual([]);
  });

  it('is copied and verified where the target has what this machine lacks', async () => {
    const source = await createSource((db) => {
      db.function('sha3', { deterministic: true }, (text: unknown) =>
        createHash('sha3-256').update(String(text)).digest(),
      );
      db.exec(`CREATE TABLE word (w TEXT); INSERT INTO word (rowid, w) VALUES (5, 'a'), (2, 'b');
        CREATE INDEX by_hash ON word (sha3(w))`);
    });

    const { verification } = await copyDatabase(to(source));

    expect(verification.differences).toEqual([]);
    const found = await room.target.all(
      `SELECT rowid FROM word INDEXED BY by_hash WHERE sha3(w) = sha3('b')`,
    );
    expect(found).toEqual([[2]]);
  });
});
