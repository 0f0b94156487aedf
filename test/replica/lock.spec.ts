import { describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { failureOf } from '../contract/facts.js';
import { openReplica, readFrom, syncChildren, until, untilState, usePrimary } from './replica-setup.js';

const room = usePrimary(['CREATE TABLE t (a INTEGER)']);
const count = 'SELECT count(*) FROM t';

describe('the lock of a replica that is removed', () => {
  it('goes to the next process when the first one has left the files, and back when that one ends', async () => {
    await using first = await openReplica(room.server.url, { syncIntervalMs: 60_000 });
    await untilState(first, 'serving');
    const [pid = -1] = syncChildren();
    await rm(`${first.path}.lock`);
    // one that is slow to notice
    process.kill(pid, 'SIGSTOP');
    const woken = sleep(600).then(() => process.kill(pid, 'SIGCONT'));
    const second = await openReplica(room.server.url, { path: first.path });
    const left = !syncChildren().includes(pid);
    await woken;
    await first.execute('INSERT INTO t VALUES (1)');
    const seen = await readFrom(first, count);
    await until(
      () => first.status().replica?.lastSyncError,
      (code) => code === 'REPLICA_IN_USE',
    );
    await untilState(second, 'serving');
    await second.sync();

    expect(left).toBe(true);
    expect(seen).toEqual({ value: 1, isLocal: false });
    expect(first.status().replica).toMatchObject({ lastSyncError: 'REPLICA_IN_USE', rebuilds: 0 });
    expect(second.status().replica).toMatchObject({ lastSyncError: undefined, rebuilds: 0 });
    expect(await readFrom(second, count, 'replica')).toEqual({ value: 1, isLocal: true });
    await second.close();
    await until(
      () => first.status().replica?.lastSyncError,
      (code) => code === undefined,
    );
    await untilState(first, 'serving');
    expect(await readFrom(first, count, 'replica')).toEqual({ value: 1, isLocal: true });
  });

  it('is taken again by the process that had it, which goes on with its files', async () => {
    await using db = await openReplica(room.server.url);
    await untilState(db, 'serving');
    await rm(`${db.path}.lock`);
    await until(
      () => stat(`${db.path}.lock`).catch(() => undefined),
      (found) => found !== undefined,
    );
    const other = new BetterSqlite3(`${db.path}.lock`, { timeout: 0 });
    const refused = await failureOf(async () => other.exec('BEGIN EXCLUSIVE'));
    other.close();
    await db.execute('INSERT INTO t VALUES (1)');
    await db.sync();

    expect(refused).toMatchObject({ code: 'SQLITE_BUSY' });
    expect(await readFrom(db, count, 'replica')).toEqual({ value: 1, isLocal: true });
    expect(db.status().replica).toMatchObject({ rebuilds: 0, lastSyncError: undefined });
  });
});
