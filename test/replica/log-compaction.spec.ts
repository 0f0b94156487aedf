import { describe, expect, it } from '@jest/globals';
import { openReplica, readFrom, untilState, useOwnPrimary } from './replica-setup.js';

const room = useOwnPrimary(['CREATE TABLE t (a INTEGER)'], ['--max-log-size', '1']);

describe('under the log compaction of the primary', () => {
  it('2,000 reads after writes by 20 writers miss none of them', async () => {
    await using db = await openReplica(room.server.url, { syncIntervalMs: 50 });
    await db.execute('CREATE TABLE w (writer INTEGER PRIMARY KEY, n INTEGER, filler TEXT)');
    let stale = 0;
    const write = async (writer: number): Promise<void> => {
      for (let n = 1; n <= 100; n++) {
        await db.execute('INSERT OR REPLACE INTO w VALUES (?, ?, hex(randomblob(1000)))', [writer, n]);
        const { rows } = await db.execute('SELECT n FROM w WHERE writer = ?', [writer]);
        if (rows[0]?.[0 as never] !== n) stale++;
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, writer) => write(writer)));
    const { localReads = 0, remoteReads = 0, rebuilds } = db.status().replica ?? {};
    console.info(`${localReads} of ${localReads + remoteReads} reads were local`);

    expect({ stale, rebuilds }).toEqual({ stale: 0, rebuilds: 0 });
    expect(localReads).toBeGreaterThan(0);
  }, 120_000);
});

describe('a primary that does not find a part of its log', () => {
  it('is asked again at once, and nobody hears of it', async () => {
    await using db = await openReplica(room.proxy.url, { syncIntervalMs: 60_000 });
    await untilState(db, 'serving');
    await room.other.execute('INSERT INTO t VALUES (1)');
    const headers = {
      'content-type': 'application/grpc-web+proto',
      'grpc-status': '13',
      'grpc-message': 'snapshot not found',
    };
    const when = (request: string): boolean => request.includes('LogEntries');
    room.proxy.inject({ kind: 'respond', status: 200, headers }, { requests: 5, when });
    await db.sync();

    expect(await readFrom(db, 'SELECT count(*) FROM t', 'replica')).toEqual({ value: 1, isLocal: true });
    expect(db.reports).toEqual(['REPLICA_READY']);
  });
});
