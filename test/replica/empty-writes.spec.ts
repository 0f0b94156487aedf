import { describe, expect, it } from '@jest/globals';
import { openReplica, readFrom, usePrimary } from './replica-setup.js';

const room = usePrimary([
  'CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER)',
  'INSERT INTO t VALUES (1, 2)',
  'CREATE VIRTUAL TABLE words USING fts5(word)',
  "INSERT INTO words VALUES ('hello')",
]);

describe('a write that the primary counts and does not write down', () => {
  it('does not make a replica be filled anew', async () => {
    await using db = await openReplica(room.server.url);
    await db.execute('INSERT INTO t VALUES (2, 3)');
    const before = await readFrom(db, 'SELECT count(*) FROM t');
    const affected: number[] = [];
    for (const sql of [
      "INSERT INTO words(words) VALUES ('integrity-check')",
      "INSERT INTO words(words) VALUES ('optimize')",
      "INSERT INTO words(words, rank) VALUES ('merge', 8)",
      'INSERT INTO t VALUES (1, 2) ON CONFLICT DO UPDATE SET b = excluded.b',
      'UPDATE t SET b = b',
      'INSERT INTO t SELECT 1, 2 WHERE 0',
      'INSERT OR IGNORE INTO t VALUES (1, 2)',
      'DELETE FROM t WHERE 0',
    ])
      affected.push((await db.execute(sql)).rowsAffected);
    await db.batch(["INSERT INTO words(words) VALUES ('integrity-check')"], 'write');
    await db.withTransaction((tx) => tx.execute("INSERT INTO words(words) VALUES ('integrity-check')"));

    expect(before).toEqual({ value: 2, isLocal: true });
    expect(affected).toEqual([1, 1, 1, 1, 2, 0, 0, 0]);
    expect(await readFrom(db, 'SELECT count(*) FROM t')).toEqual({ value: 2, isLocal: true });
    expect(db.status().replica).toMatchObject({ rebuilds: 0, state: 'serving' });
    expect(db.reports).toEqual(['REPLICA_READY']);
  });
});
