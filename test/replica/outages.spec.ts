import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import type { ModuleRef } from '@nestjs/core';
import { createConnection, DatabaseHealthIndicator } from '../../lib/index.js';
import { failureOf } from '../contract/facts.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import {
  backUpPrimary,
  newPath,
  openReplica,
  readFrom,
  syncChildren,
  until,
  untilLocal,
  untilState,
} from './replica-setup.js';

let server: SqldServer;
let proxy: FaultProxy;

beforeEach(async () => {
  server = await startSqld({ jwt: true });
  proxy = await startFaultProxy(server.url);
  await using direct = await connect();
  await direct.migrate(['CREATE TABLE t (a INTEGER)', 'INSERT INTO t VALUES (1)']);
});
afterEach(async () => {
  await proxy.close();
  await server.stop();
});

const count = 'SELECT count(*) FROM t';
const short = { connectTimeoutMs: 500, queryTimeoutMs: 2_000 };

function connect() {
  const connection = createConnection({ url: server.url, authToken: server.authToken });
  return Promise.resolve(Object.assign(connection, { [Symbol.asyncDispose]: () => connection.close() }));
}

const options = () => ({ ...short, authToken: server.authToken });

describe('while the primary is away', () => {
  it('an app boots and reads from its replica, writes fail at once, and all heals by itself', async () => {
    const first = await openReplica(proxy.url, options());
    await readFrom(first, count);
    const before = first.status().replica;
    await first.close();
    await proxy.refuse();
    await using db = await openReplica(proxy.url, { ...options(), path: first.path, maxStalenessMs: 1 });
    const away = await readFrom(db, count);
    const health = new DatabaseHealthIndicator({} as ModuleRef);
    await until(
      () => db.status().replica?.lastSyncError,
      (code) => code !== undefined,
    );
    const ready = await health.pingCheck('db', { connection: db });
    const write = await failureOf(db.execute('INSERT INTO t VALUES (2)'));
    await proxy.accept();
    await until(
      () => db.status().replica?.lastSyncError,
      (code) => code === undefined,
    );
    await until(
      () =>
        db.execute('INSERT INTO t VALUES (2)').then(
          () => true,
          () => false,
        ),
      (isDone) => isDone,
    );
    await untilState(db, 'serving');

    expect(away).toEqual({ value: 1, isLocal: true });
    const { historyId } = before ?? {};
    expect(JSON.parse(JSON.stringify(ready.db))).toEqual({
      status: 'up',
      backend: 'turso',
      state: 'degraded',
      code: 'REPLICA_STALE',
      message: expect.any(String),
      since: expect.any(String),
      latencyMs: expect.any(Number),
      replica: {
        state: 'serving',
        framesBehind: 0,
        ageMs: expect.any(Number),
        lastSyncError: 'ECONNREFUSED',
        historyId,
      },
    });
    expect(historyId).toMatch(/^[0-9a-f]{32}$/);
    expect('since' in ready.db && Date.now() - Date.parse(ready.db.since)).toBeGreaterThanOrEqual(10);
    expect(write).toMatchObject({ kind: 'unavailable', outcome: 'not-applied' });
    expect(await readFrom(db, count)).toMatchObject({ value: 2 });
    expect(db.status().replica).toMatchObject({ rebuilds: 0 });
  });

  it.each([
    ['its position', (request: string) => request.includes('/v3/pipeline'), 0],
    // the sync is given up when nothing has come for ten seconds
    ['frames', (request: string) => request.includes('LogEntries'), 1],
  ])(
    'an answer about %s that begins and never ends holds an app up for a bounded time',
    async (_what, when, own) => {
      const first = await openReplica(proxy.url, options());
      await readFrom(first, count);
      await first.close();
      // the head, and a part of the body
      proxy.inject({ kind: 'drip', bytes: 260, everyMs: 600_000 }, { when });
      await using db = await openReplica(proxy.url, { ...options(), path: first.path });
      const early = await db.execute(count);
      await untilState(db, 'serving');
      const seen = await readFrom(db, count);
      proxy.clear();
      await until(
        () => db.status().replica,
        (status) =>
          status?.lastSyncError === undefined &&
          status?.state === 'serving' &&
          status.lastSyncAt !== undefined,
      );

      expect(early.rows[0]?.[0]).toBe(1);
      expect(seen).toEqual({ value: 1, isLocal: true });
      expect(db.status().replica).toMatchObject({ rebuilds: 0, state: 'serving', remoteReads: own });
      expect(db.reports).toContain('REPLICA_SYNC_FAILED');
    },
  );

  it('a read transaction that asks for what is not there leaves the reads of others alone', async () => {
    await using db = await openReplica(proxy.url, options());
    await untilState(db, 'serving');
    await proxy.refuse();
    await until(
      () => db.status().replica?.lastSyncError,
      (code) => code !== undefined,
    );
    const mistaken = await failureOf(
      db.withTransaction((tx) => tx.execute('SELECT nothing FROM t'), { mode: 'read' }),
    );
    const other = await readFrom(db, count);

    expect(mistaken).toBeInstanceOf(Error);
    expect(other).toEqual({ value: 1, isLocal: true });
  });

  it('a replica that cannot serve either is down', async () => {
    await using db = await openReplica(proxy.url, options());
    await db.execute('CREATE TABLE r (a INTEGER) RANDOM ROWID');
    // a read finds out
    await until(
      async () => (await readFrom(db, 'SELECT count(*) FROM r')) && db.status().replica?.state,
      (state) => state === 'schema',
    );
    const health = new DatabaseHealthIndicator({} as ModuleRef);
    const weak = await health.pingCheck('db', { connection: db, cacheForMs: 0 });
    await proxy.refuse();
    const gone = await health.pingCheck('db', { connection: db, cacheForMs: 0 });

    expect(weak.db).toMatchObject({ status: 'up', state: 'degraded', code: 'REPLICA_SCHEMA' });
    expect(gone.db).toMatchObject({ status: 'down', code: expect.stringMatching(/^ECONN/) });
  });

  it('each change is reported once', async () => {
    await using db = await openReplica(proxy.url, {
      ...options(),
      maxStalenessMs: 2_000,
      syncIntervalMs: 100,
    });
    await untilState(db, 'serving');
    await proxy.refuse();
    await until(
      () => db.reports,
      (codes) => codes.includes('REPLICA_STALE') && codes.includes('REPLICA_SYNC_FAILED'),
    );
    await proxy.accept();
    await until(
      () => db.reports,
      (codes) => codes.includes('REPLICA_SYNCED'),
    );

    expect(db.reports.toSorted()).toEqual(
      ['REPLICA_READY', 'REPLICA_SYNC_FAILED', 'REPLICA_STALE', 'REPLICA_SYNCED'].toSorted(),
    );
  });

  it('what libSQL says of a failed sync holds no token, to whoever waits for it too', async () => {
    const { authToken = '' } = options();
    await using db = await openReplica(proxy.url, { ...options(), queryTimeoutMs: 20_000 });
    await untilState(db, 'serving');
    const headers = {
      'content-type': 'application/grpc-web+proto',
      'grpc-status': '13',
      'grpc-message': `who is ${authToken}`,
    };
    proxy.inject(
      { kind: 'respond', status: 200, headers },
      { when: (request) => request.includes('LogEntries') },
    );
    const failure = (await failureOf(db.sync())) as Error;

    expect(failure.message).toContain('who is [redacted]');
    expect(failure.message).not.toContain(authToken);
  });

  it('an app without a replica yet does not boot', async () => {
    await proxy.refuse();

    expect(await failureOf(openReplica(proxy.url, { ...options(), bootTimeoutMs: 3_000 }))).toMatchObject({
      kind: 'unavailable',
    });
    expect(syncChildren()).toEqual([]);
  });

  it('reads must not miss an acknowledged write that the replica does not have', async () => {
    await using db = await openReplica(proxy.url, { ...options(), syncIntervalMs: 60_000 });
    await untilState(db, 'serving');
    const [child] = syncChildren() as [number];
    process.kill(child, 'SIGSTOP');
    await db.execute('INSERT INTO t VALUES (2)');
    const patient = await readFrom(db, count);
    await proxy.refuse();
    const own = await failureOf(db.execute(count));
    const stale = await readFrom(db, count, 'replica');
    process.kill(child, 'SIGKILL');
    await proxy.accept();
    await until(
      () =>
        db.execute(count).then(
          ({ rows }) => rows[0]?.[0],
          () => undefined,
        ),
      (found) => found === 2,
    );

    expect(patient).toEqual({ value: 2, isLocal: false });
    expect(own).toMatchObject({ kind: 'unavailable' });
    expect(stale).toEqual({ value: 1, isLocal: true });
    expect((await readFrom(db, count)).value).toBe(2);
  });

  it('reads go to the primary after a write whose outcome is unknown', async () => {
    await using db = await openReplica(proxy.url, options());
    proxy.inject({ kind: 'reset-after-forward' }, { when: (request) => request.includes('INSERT') });
    const write = await failureOf(db.execute('INSERT INTO t VALUES (2)'));
    proxy.clear();
    const read = await readFrom(db, count);

    expect(write).toMatchObject({ outcome: 'unknown' });
    expect(read).toEqual({ value: 2, isLocal: false });
  });

  it('which stands still, a read that fails on it sends no later read there', async () => {
    await using db = await openReplica(server.url, { ...options(), syncIntervalMs: 60_000 });
    await untilState(db, 'serving');
    await readFrom(db, count);
    await server.kill('SIGSTOP');
    const failures: unknown[] = [];
    for (const sql of [count, `WITH x(a) AS (SELECT 1) ${count}`, 'PRAGMA user_version'])
      failures.push(await failureOf(db.execute({ sql, consistency: 'primary', timeoutMs: 300 })));
    const onPrimary = db.withOptions({ consistency: 'primary', timeoutMs: 300 });
    failures.push(await failureOf(onPrimary.batch([count], 'read')));
    const read = await readFrom(db, count);
    await server.kill('SIGCONT');

    expect(failures).toEqual(Array(4).fill(expect.objectContaining({ kind: 'timeout' })));
    expect(read).toEqual({ value: 1, isLocal: true });
  });
});

describe('another primary in the place of the old one', () => {
  async function restart(change: () => Promise<void>): Promise<void> {
    await server.kill('SIGKILL');
    await change();
    await server.restart();
  }

  it('is noticed when it was reset', async () => {
    await using db = await openReplica(server.url, options());
    for (let n = 0; n < 5; n++) await db.execute('INSERT INTO t VALUES (2)');
    const before = await untilLocal(db, count);
    await restart(() => rm(server.dataDir, { recursive: true }));
    await using direct = await connect();
    await direct.migrate(['CREATE TABLE u (a INTEGER)']);
    await until(
      () => db.status().replica,
      (status) => status?.rebuilds === 1 && status.state === 'serving',
    );

    expect(before).toEqual({ value: 6, isLocal: true });
    expect(await failureOf(db.execute(count))).toMatchObject({ kind: 'syntax' });
    expect(await untilLocal(db, 'SELECT count(*) FROM u')).toEqual({ value: 0, isLocal: true });
  });

  it('is noticed when it was restored from a backup, also by the first answer to a write', async () => {
    const restore = await backUpPrimary(server);
    await using db = await openReplica(server.url, { ...options(), syncIntervalMs: 60_000 });
    for (let n = 0; n < 5; n++) await db.execute('INSERT INTO t VALUES (2)');
    const before = await untilLocal(db, count);
    await restore();
    await db.execute('INSERT INTO t VALUES (3)');
    const after = await db.execute(count);
    await until(
      () => db.status().replica,
      (status) => status?.rebuilds === 1 && status.state === 'serving',
    );

    expect(before).toEqual({ value: 6, isLocal: true });
    expect(db.reports).toEqual(expect.arrayContaining(['REPLICA_CHECKING', 'REPLICA_REBUILT']));
    expect(after.rows[0]?.[0]).toBe(2);
    expect(await untilLocal(db, count)).toEqual({ value: 2, isLocal: true });
  });

  it('is noticed by a write at a position that was applied before', async () => {
    const sum = 'SELECT sum(a) FROM t';
    const restore = await backUpPrimary(server);
    await using db = await openReplica(server.url, { ...options(), syncIntervalMs: 60_000 });
    for (let n = 0; n < 3; n++) await db.execute('INSERT INTO t VALUES (2)');
    const before = await untilLocal(db, sum);
    await restore();
    {
      await using other = await connect();
      for (let n = 0; n < 2; n++) await other.execute('INSERT INTO t VALUES (3)');
    }
    await db.execute('INSERT INTO t VALUES (4)');
    const after = await db.execute(sum);
    await until(
      () => db.status().replica,
      (status) => status?.rebuilds === 1 && status.state === 'serving',
    );

    expect(before).toEqual({ value: 7, isLocal: true });
    expect(after.rows[0]?.[0]).toBe(11);
    expect(await untilLocal(db, sum)).toEqual({ value: 11, isLocal: true });
  });

  it('is noticed by an app that only reads its replica', async () => {
    const restore = await backUpPrimary(server);
    await using db = await openReplica(server.url, { ...options(), syncIntervalMs: 2_000 });
    for (let n = 0; n < 3; n++) await db.execute('INSERT INTO t VALUES (2)');
    const before = await untilLocal(db, count);
    await restore();
    await until(
      () => db.status().replica,
      (status) => (status?.rebuilds ?? 0) > 0 && status?.state === 'serving',
    );

    expect(before).toEqual({ value: 4, isLocal: true });
    expect(
      await until(
        () => readFrom(db, count, 'replica'),
        ({ isLocal }) => isLocal,
      ),
    ).toEqual({ value: 1, isLocal: true });
  });

  it('is noticed at boot', async () => {
    const path = await newPath();
    const first = await openReplica(server.url, { ...options(), path });
    for (let n = 0; n < 5; n++) await first.execute('INSERT INTO t VALUES (2)');
    await readFrom(first, count);
    await first.close();
    await restart(() => rm(server.dataDir, { recursive: true }));
    await using db = await openReplica(server.url, { ...options(), path });

    expect(await failureOf(db.execute(count))).toMatchObject({ kind: 'syntax' });
    expect(db.status().replica).toMatchObject({ rebuilds: 1 });
  });
});

describe('a token that has expired', () => {
  it('stops the sync, not the reads, and a new one heals it', async () => {
    const exp = Math.floor(Date.now() / 1000) + 3;
    let token = server.signToken({ a: 'rw', exp });
    await using db = await openReplica(server.url, { ...short, authToken: () => token, syncIntervalMs: 100 });
    await readFrom(db, count);
    token = server.expiredToken ?? '';
    const failure = await until(
      () => db.status().replica?.lastSyncError,
      (code) => code === 'HTTP_401',
    );
    const stale = await readFrom(db, count, 'replica');
    token = server.authToken ?? '';
    await until(
      () => db.status().replica,
      (status) => status?.lastSyncError === undefined && status?.state === 'serving',
    );
    await db.execute('INSERT INTO t VALUES (2)');

    expect(failure).toBe('HTTP_401');
    expect(stale).toEqual({ value: 1, isLocal: true });
    expect(await readFrom(db, count)).toMatchObject({ value: 2 });
  });

  it('ends the boot, as without a replica', async () => {
    const failure = await failureOf(
      openReplica(server.url, { ...short, authToken: server.expiredToken, bootTimeoutMs: 3_000 }),
    );

    expect(failure).toMatchObject({ kind: 'auth' });
    expect(JSON.stringify(failure)).not.toContain(server.expiredToken);
  });
});
