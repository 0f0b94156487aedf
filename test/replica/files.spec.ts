import { describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { copyFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDeadline } from '../../lib/async/deadline.js';
import { ReplicaFiles } from '../../lib/drivers/replica/replica-files.js';
import { SyncRunner } from '../../lib/drivers/replica/sync-runner.js';
import { failureOf } from '../contract/facts.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { startSqld } from '../support/sqld-server.js';
import { newPath, openReplica, readFrom, until, untilState, usePrimary } from './replica-setup.js';

const numbers = 'WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 500)';
const room = usePrimary([
  'CREATE TABLE t (a INTEGER, b TEXT)',
  `${numbers} INSERT INTO t SELECT n, hex(zeroblob(500)) FROM x`,
]);

const sum = 'SELECT sum(a) FROM t';
const right = (500 * 501) / 2;

const halve = async (path: string): Promise<void> => truncate(path, Math.floor((await stat(path)).size / 2));

/** Another database under the same name. */
async function replace(path: string): Promise<void> {
  const stranger = await newPath();
  const db = new BetterSqlite3(stranger);
  db.exec('CREATE TABLE t (a INTEGER, b TEXT); INSERT INTO t VALUES (666, NULL)');
  db.close();
  await rm(`${path}-wal`, { force: true });
  await rm(path);
  await copyFile(stranger, path);
}

/** By another program, which knows nothing of libSQL. */
async function write(path: string): Promise<void> {
  const db = new BetterSqlite3(path);
  db.exec('INSERT INTO t VALUES (666, NULL)');
  db.close();
  return Promise.resolve();
}

/** The same bytes in another file. */
async function replaceByCopy(path: string): Promise<void> {
  await copyFile(path, `${path}.copy`);
  await rename(`${path}.copy`, path);
}

/** Once, and what it answers then is right. */
async function expectFilledAnew(db: Awaited<ReturnType<typeof openReplica>>): Promise<void> {
  await until(
    () => db.status().replica,
    (status) => status?.rebuilds === 1 && status.state === 'serving',
  );

  expect(db.status().replica).toMatchObject({ rebuilds: 1, state: 'serving' });
  expect(await readFrom(db, sum)).toEqual({ value: right, isLocal: true });
}

const harms: [string, (path: string) => Promise<void>][] = [
  ['the database is removed', (path) => rm(path)],
  ['the database is cut', (path) => truncate(path, 1_000)],
  ['the database is overwritten', (path) => writeFile(path, Buffer.alloc(8_192, 'x'))],
  ['the database is replaced', replace],
  ['another program writes into the database', write],
  ['the log is cut in half', (path) => halve(`${path}-wal`)],
  ['the log is removed', (path) => rm(`${path}-wal`)],
  ['the metadata is removed', (path) => rm(`${path}-client_wal_index`)],
  ['the note of the last sync is removed', (path) => rm(`${path}-state.json`)],
];

describe('a replica whose files were harmed', () => {
  it.each(harms)('while it was closed is filled anew: %s', async (_title, harm) => {
    const first = await openReplica(room.server.url);
    await untilState(first, 'serving');
    const before = await readFrom(first, sum);
    await first.close();
    await harm(first.path);
    await using second = await openReplica(room.server.url, { path: first.path });
    await untilState(second, 'serving');
    const after = await readFrom(second, sum);

    expect(before).toEqual({ value: right, isLocal: true });
    expect(after).toEqual({ value: right, isLocal: true });
    expect(second.status().replica).toMatchObject({ rebuilds: 1, state: 'serving' });
  });

  it('while the primary was away is filled anew when it is back', async () => {
    const proxy = await startFaultProxy(room.server.url);
    try {
      await using db = await openReplica(proxy.url, { connectTimeoutMs: 500 });
      await untilState(db, 'serving');
      await readFrom(db, sum);
      await proxy.refuse();
      await until(
        () => db.status().replica?.lastSyncError,
        (code) => code !== undefined,
      );
      await halve(`${db.path}-wal`);
      await proxy.accept();
      await expectFilledAnew(db);
    } finally {
      await proxy.close();
    }
  });

  it.each(harms.filter(([title]) => !title.includes('note')))(
    'while it is open is filled anew with the next sync: %s',
    async (_title, harm) => {
      await using db = await openReplica(room.server.url, { syncIntervalMs: 60_000 });
      await untilState(db, 'serving');
      await readFrom(db, sum);
      await harm(db.path);
      await db.execute("INSERT INTO t VALUES (1000, '')");
      const seen = await readFrom(db, sum);
      await until(
        () => db.status().replica,
        (status) => status?.rebuilds === 1 && status.state === 'serving',
      );

      expect(seen.value).toBe(right + 1_000);
      expect(await readFrom(db, sum)).toEqual({ value: right + 1_000, isLocal: true });
      expect(db.status().replica).toMatchObject({ rebuilds: 1 });
    },
  );

  it('is taken as it is when nobody has touched it', async () => {
    const first = await openReplica(room.server.url);
    await first.execute("INSERT INTO t VALUES (1, '')");
    await readFrom(first, sum);
    await first.close();
    await using second = await openReplica(room.server.url, { path: first.path });
    await untilState(second, 'serving');

    expect(await readFrom(second, sum)).toEqual({ value: right + 1, isLocal: true });
    expect(second.status().replica).toMatchObject({ rebuilds: 0 });
  });

  it('is filled anew for another primary', async () => {
    const first = await openReplica(room.server.url);
    await readFrom(first, sum);
    await first.close();
    await using stranger = await startSqld();
    await using second = await openReplica(stranger.url, { path: first.path });
    await second.execute('CREATE TABLE only_here (a)');

    expect(await readFrom(second, 'SELECT count(*) FROM only_here')).toMatchObject({ value: 0 });
    expect(second.status().replica).toMatchObject({ rebuilds: 1 });
  });
});

describe('a replica whose files are harmed in the middle of a sync', () => {
  /** A sync that hangs, because the primary takes its request for frames and never answers. */
  const hangs = { when: (request: string) => request.includes('LogEntries') };

  it.each([
    ['the log is cut', (path: string) => halve(`${path}-wal`)],
    ['the log is removed', (path: string) => rm(`${path}-wal`)],
    ['the log is replaced', (path: string) => replaceByCopy(`${path}-wal`)],
  ])('that hangs is filled anew at once: %s', async (_title, harm) => {
    const proxy = await startFaultProxy(room.server.url);
    try {
      await using db = await openReplica(proxy.url, { syncIntervalMs: 100 });
      await readFrom(db, sum);
      proxy.inject({ kind: 'blackhole' }, { ...hangs, requests: 1 });
      await sleep(500);
      await harm(db.path);
      await expectFilledAnew(db);
    } finally {
      await proxy.close();
    }
  });

  it.each([
    ['the database is cut', (path: string) => truncate(path, 1_000)],
    ['the log is cut', (path: string) => halve(`${path}-wal`)],
  ])('that fails then is filled anew: %s', async (_title, harm) => {
    const proxy = await startFaultProxy(room.server.url);
    try {
      await using db = await openReplica(proxy.url, { syncIntervalMs: 100, connectTimeoutMs: 1_000 });
      await readFrom(db, sum);
      proxy.inject({ kind: 'blackhole' }, hangs);
      await sleep(300);
      await harm(db.path);
      await proxy.refuse();
      await until(
        () => db.status().replica?.state,
        (state) => state === 'building',
      );
      const isRefused = await failureOf(db.execute({ sql: sum, consistency: 'replica', timeoutMs: 1_000 }));
      proxy.clear();
      await proxy.accept();
      await until(
        () => db.status().replica,
        (status) => status?.state === 'serving',
      );

      expect(isRefused).toMatchObject({ kind: 'unavailable' });
      expect(db.status().replica).toMatchObject({ state: 'serving' });
      expect(db.status().replica?.rebuilds).toBeGreaterThan(0);
      expect(await readFrom(db, sum)).toEqual({ value: right, isLocal: true });
    } finally {
      await proxy.close();
    }
  });

  it('that waits for its token does not begin', async () => {
    const path = await newPath();
    let onAsked = (): Promise<void> => Promise.resolve();
    const runner = new SyncRunner(
      {
        files: new ReplicaFiles(path, room.server.url),
        syncUrl: room.server.url,
        remoteEncryptionKey: undefined,
        connectTimeoutMs: 5_000,
        askToken: async () => {
          await onAsked();
          return undefined;
        },
        redact: (text) => text,
        report: () => undefined,
      },
      new AbortController().signal,
    );
    try {
      await runner.open(createDeadline(20_000));
      await runner.sync();
      const again = await runner.sync();
      onAsked = () => write(path);

      expect(again).toMatchObject({ frames: 0 });
      expect(await failureOf(runner.sync())).toMatchObject({ code: 'REPLICA_CORRUPT' });
    } finally {
      await runner.close();
    }
  });
});
