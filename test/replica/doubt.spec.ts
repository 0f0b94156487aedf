import { describe, expect, it } from '@jest/globals';
import { statSync, truncateSync } from 'node:fs';
import { createConnection } from '../../lib/index.js';
import { failureOf } from '../contract/facts.js';
import type { Fault } from '../support/fault-proxy.js';
import {
  backUpPrimary,
  newPath,
  openReplica,
  readFrom,
  until,
  untilLocal,
  untilState,
  useOwnPrimary,
} from './replica-setup.js';

/** On pages of their own, which nobody writes after the restore. */
const fill =
  'WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 50) INSERT INTO lost SELECT 0, hex(zeroblob(500)) FROM x';
const room = useOwnPrimary([
  'CREATE TABLE t (a INTEGER)',
  'CREATE TABLE lost (a INTEGER, b TEXT)',
  fill,
  'INSERT INTO t VALUES (1)',
]);

const lose = 'UPDATE lost SET a = 1';
const lost = 'SELECT sum(a) FROM lost';
/** The question where the log of the primary ends. */
const asks = { when: (request: string) => request.includes('"SELECT 1"') };

/** Answers it in the place of the primary. */
const sayIndex = (index: number): Fault => {
  const result = {
    cols: [],
    rows: [],
    affected_row_count: 0,
    last_insert_rowid: null,
    replication_index: index,
  };
  const results = [
    { type: 'ok', response: { type: 'execute', result } },
    { type: 'ok', response: { type: 'close' } },
  ];
  return { kind: 'respond', status: 200, body: JSON.stringify({ baton: null, base_url: null, results }) };
};

/** Counts the questions, and takes every other one when told so. */
function countAsks(everyOther: boolean) {
  const seen = { asks: 0 };
  const when = (request: string): boolean => asks.when(request) && (seen.asks++ % 2 === 0 || !everyOther);
  return { seen, scope: { when } };
}

/** Writes to the primary until its log is longer than this. */
async function growLog(frame: bigint): Promise<void> {
  const direct = createConnection({ url: room.server.url });
  for (let n = 0n; n <= frame; n++) await direct.execute('INSERT INTO t VALUES (3)');
  await direct.close();
}

/** The rows that are lost later, once the replica has them. */
describe('an answer that does not fit to what was applied', () => {
  it('counts also when the primary was written to beyond that before it was asked', async () => {
    const restore = await backUpPrimary(room.server);
    await using db = await openReplica(room.proxy.url, { syncIntervalMs: 60_000 });
    await db.execute(lose);
    const before = await untilLocal(db, lost);
    await restore();
    // the answer to the question where its log is comes late
    room.proxy.inject({ kind: 'delay', upMs: 1_000 }, asks);
    await db.execute('UPDATE t SET a = 2');
    const state = db.status().replica?.state;
    await growLog(db.status().replica?.frame ?? 0n);
    await untilState(db, 'serving');
    const after = await readFrom(db, lost, 'replica');

    expect([before, state]).toEqual([{ value: 50, isLocal: true }, 'checking']);
    expect(after).toEqual({ value: 0, isLocal: true });
    expect(db.status().replica).toMatchObject({ rebuilds: 1 });
    expect(db.reports.filter((code) => code === 'REPLICA_REBUILT')).toHaveLength(1);
  });

  it('keeps reads from the replica while the primary does not say where its log is, and for no longer', async () => {
    const restore = await backUpPrimary(room.server);
    await using db = await openReplica(room.proxy.url, { syncIntervalMs: 60_000, connectTimeoutMs: 1_000 });
    await db.execute(lose);
    const before = await untilLocal(db, lost);
    await restore();
    room.proxy.inject({ kind: 'blackhole' }, asks);
    await db.execute('UPDATE t SET a = 2');
    await until(
      () => db.status().replica?.lastSyncError,
      (code) => code !== undefined,
    );
    const during = await readFrom(db, lost, 'replica');
    const sync = await failureOf(db.sync());
    const { state, rebuilds } = db.status().replica ?? {};
    room.proxy.clear();
    await untilState(db, 'serving');

    expect(before).toEqual({ value: 50, isLocal: true });
    expect(during).toEqual({ value: 0, isLocal: false });
    expect(sync).toMatchObject({ kind: 'timeout' });
    expect({ state, rebuilds }).toEqual({ state: 'checking', rebuilds: 0 });
    expect(await readFrom(db, lost)).toEqual({ value: 0, isLocal: true });
    expect(db.status().replica).toMatchObject({ rebuilds: 1 });
  });
});

describe('an address whose answers lag', () => {
  it.each([
    ['behind what was applied', 0, true, 0],
    // as when the syncs are those of a server that lags
    ['ahead of what was applied', 1_000_000, false, 1],
  ])(
    'is asked once in an interval when it answers %s, and the file is not filled anew again and again',
    async (_where, index, everyOther, rebuilds) => {
      const syncIntervalMs = 300;
      await using db = await openReplica(room.proxy.url, { syncIntervalMs });
      await untilState(db, 'serving');
      const { seen, scope } = countAsks(everyOther);
      room.proxy.inject(sayIndex(index), scope);
      // what the first doubt may do is done
      await until(
        () => seen.asks,
        (count) => count >= 4,
      );
      const [before, began] = [seen.asks, performance.now()];
      await until(
        () => seen.asks,
        (count) => count >= before + 6,
      );
      const intervals = (performance.now() - began) / syncIntervalMs;

      expect((seen.asks - before) / (intervals + 2)).toBeLessThanOrEqual(2);
      expect(db.status().replica).toMatchObject({ rebuilds });
    },
  );
});

describe('a file that is filled anew because a sync has found it harmed', () => {
  it('need not have what was named before, and is not filled a second time', async () => {
    const path = await newPath();
    const first = await openReplica(room.proxy.url, { path });
    await untilState(first, 'serving');
    await first.close();
    room.proxy.inject(sayIndex(1_000_000), asks);
    let isHarmed = false;
    const harm = (request: string): boolean => {
      if (isHarmed || !request.includes('LogEntries')) return false;
      isHarmed = true;
      room.proxy.clear();
      truncateSync(`${path}-wal`, Math.floor(statSync(`${path}-wal`).size / 2));
      return true;
    };
    room.proxy.inject({ kind: 'none' }, { when: harm });
    await using db = await openReplica(room.proxy.url, { path });
    await untilState(db, 'serving');
    await db.sync();

    expect(isHarmed).toBe(true);
    expect(db.status().replica).toMatchObject({ rebuilds: 1, state: 'serving' });
    expect(db.reports).not.toContain('REPLICA_CHECKING');
  });
});
