import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cp, rm } from 'node:fs/promises';
import { createConnection } from '../../lib/index.js';
import { failureOf } from '../contract/facts.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createTempFolder } from '../support/temp-folder.js';
import { openReplica, readFrom, until, untilState } from './replica-setup.js';

let server: SqldServer;
let proxy: FaultProxy;

beforeEach(async () => {
  server = await startSqld();
  proxy = await startFaultProxy(server.url);
  const direct = createConnection({ url: server.url });
  await direct.migrate([
    'CREATE TABLE t (a INTEGER)',
    'CREATE TABLE lost (a INTEGER, b TEXT)',
    fill,
    'INSERT INTO t VALUES (1)',
  ]);
  await direct.close();
});
afterEach(async () => {
  await proxy.close();
  await server.stop();
});

/** On pages of their own, which nobody writes after the restore. */
const fill =
  'WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 50) INSERT INTO lost SELECT 0, hex(zeroblob(500)) FROM x';
const lose = 'UPDATE lost SET a = 1';
const lost = 'SELECT sum(a) FROM lost';
/** The question where the log of the primary ends. */
const asks = { when: (request: string) => request.includes('"SELECT 1"') };

/** Writes to the primary until its log is longer than this. */
async function growLog(frame: bigint): Promise<void> {
  const direct = createConnection({ url: server.url });
  for (let n = 0n; n <= frame; n++) await direct.execute('INSERT INTO t VALUES (3)');
  await direct.close();
}

/** @returns brings back what the primary has now */
async function backUp(): Promise<() => Promise<void>> {
  const backup = await createTempFolder('backup');
  await server.kill('SIGTERM');
  await cp(server.dataDir, backup, { recursive: true });
  await server.restart();
  return async () => {
    await server.kill('SIGKILL');
    await rm(server.dataDir, { recursive: true });
    await cp(backup, server.dataDir, { recursive: true });
    await server.restart();
  };
}

describe('an answer that does not fit to what was applied', () => {
  it('counts also when the primary was written to beyond that before it was asked', async () => {
    await using db = await openReplica(proxy.url, { syncIntervalMs: 60_000 });
    const restore = await backUp();
    await db.execute(lose);
    const before = await until(
      () => readFrom(db, lost),
      ({ isLocal }) => isLocal,
    );
    await restore();
    // the answer to the question where its log is comes late
    proxy.inject({ kind: 'delay', upMs: 1_000 }, asks);
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
    await using db = await openReplica(proxy.url, { syncIntervalMs: 60_000, connectTimeoutMs: 1_000 });
    const restore = await backUp();
    await db.execute(lose);
    const before = await until(
      () => readFrom(db, lost),
      ({ isLocal }) => isLocal,
    );
    await restore();
    proxy.inject({ kind: 'blackhole' }, asks);
    await db.execute('UPDATE t SET a = 2');
    await until(
      () => db.status().replica?.lastSyncError,
      (code) => code !== undefined,
    );
    const during = await readFrom(db, lost, 'replica');
    const sync = await failureOf(db.sync());
    const { state, rebuilds } = db.status().replica ?? {};
    proxy.clear();
    await untilState(db, 'serving');

    expect(before).toEqual({ value: 50, isLocal: true });
    expect(during).toEqual({ value: 0, isLocal: false });
    expect(sync).toMatchObject({ kind: 'timeout' });
    expect({ state, rebuilds }).toEqual({ state: 'checking', rebuilds: 0 });
    expect(await readFrom(db, lost)).toEqual({ value: 0, isLocal: true });
    expect(db.status().replica).toMatchObject({ rebuilds: 1 });
  });
});
