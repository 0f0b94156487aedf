import { describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { backupDatabase } from '../../lib/transfer/index.js';
import { openReplica, untilState, usePrimary } from '../replica/replica-setup.js';

const room = usePrimary(['CREATE TABLE pairs (a, b)']);

describe('a backup', () => {
  it('of a connection with a replica is one of the primary: nothing that was acknowledged is missing', async () => {
    // it never syncs again by itself
    await using db = await openReplica(room.server.url, { syncIntervalMs: 3_600_000 });
    await untilState(db, 'serving');
    await room.other.execute('INSERT INTO pairs VALUES (1, 1)');

    await db.backup(`${db.path}.copy`);

    expect(pairsOf(`${db.path}.copy`)).toEqual({ rows: 1, torn: 0 });
  });

  it("of a replica's file is what had arrived at one moment, while the next arrives", async () => {
    await using db = await openReplica(room.server.url, { syncIntervalMs: 20 });
    await untilState(db, 'serving');
    const write = (n: number): Promise<unknown> =>
      db.batch([
        { sql: 'INSERT INTO pairs VALUES (?, 0)', args: [n] },
        { sql: 'UPDATE pairs SET b = a WHERE b = 0', args: [] },
      ]);
    await write(1);
    await db.sync();

    const writing = (async () => {
      for (let n = 2; n <= 60; n++) await write(n);
    })();
    for (const name of ['one', 'two', 'three'])
      await backupDatabase({ source: db.path, file: `${db.path}.${name}`, verify: true });
    await writing;

    const copies = ['one', 'two', 'three'].map((name) => pairsOf(`${db.path}.${name}`));
    expect(copies).toEqual(copies.map(() => ({ rows: expect.any(Number), torn: 0 })));
    expect(Math.min(...copies.map(({ rows }) => rows))).toBeGreaterThanOrEqual(1);
    await db.sync();
    expect((await db.execute('SELECT count(*) FROM pairs')).rows[0]?.[0]).toBe(60);
  });
});

function pairsOf(path: string): { rows: number; torn: number } {
  const db = new BetterSqlite3(path, { readonly: true });
  try {
    const sql = 'SELECT count(*) AS rows, ifnull(sum(a <> b), 0) AS torn FROM pairs';
    return db.prepare(sql).get() as { rows: number; torn: number };
  } finally {
    db.close();
  }
}
