import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stat } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type DatabaseConnection } from '../../lib/index.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { newPath, openReplica, readFrom, until, untilState } from './replica-setup.js';

/** LONG_FAULTS=1: databases as large, and outages as long, as real ones. */
const isLong = process.env.LONG_FAULTS === '1';
const megabytes = isLong ? 200 : 24;
const stopMs = isLong ? 60_000 : 3_000;
const resolutionMs = 5;
/** A frozen loop shows seconds; a machine that is busy with other work some tens of milliseconds. */
const longestDelayMs = 1_000;

let server: SqldServer;
let other: DatabaseConnection;

beforeEach(async () => {
  server = await startSqld();
  other = createConnection({ url: server.url, queryTimeoutMs: 60_000 });
  await other.execute('CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)');
});
afterEach(async () => {
  await other.close();
  await server.stop();
});

const count = 'SELECT count(*) FROM t';
const digest = 'SELECT count(*), total(a), total(length(b)), hex(max(b)) FROM t';

/** Writes so many megabytes, in statements that no other writer would have to wait for. */
async function grow(megabytesMore: number): Promise<void> {
  const rows = 1_000;
  for (let n = 0; n < megabytesMore; n++)
    await other.execute(
      `WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < ${rows}) INSERT INTO t (b) SELECT randomblob(1024) FROM x`,
    );
}

/** How late the event loop is while something goes on, in milliseconds. */
async function watchLoop<T>(
  work: () => Promise<T>,
): Promise<{ answer: T; tookMs: number; p99: number; most: number }> {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  const start = performance.now();
  delay.enable();
  const answer = await work();
  delay.disable();
  const toMs = (ns: number): number => Math.max(0, ns / 1e6 - resolutionMs);
  return {
    answer,
    tookMs: performance.now() - start,
    p99: toMs(delay.percentile(99)),
    most: toMs(delay.max),
  };
}

function tell(what: string, { tookMs, p99, most }: { tookMs: number; p99: number; most: number }): void {
  const [took, late, latest] = [tookMs, p99, most].map((ms) => ms.toFixed(ms < 100 ? 1 : 0));
  console.info(`${what}: ${took} ms; the event loop was late by ${late} ms (p99), ${latest} ms (most)`);
}

/** Reads without a pause for the rest of the process. */
async function readUntil(isDone: () => boolean, read: () => Promise<void>): Promise<void> {
  while (!isDone()) {
    await read();
    await sleep(5);
  }
}

async function expectEqual(db: DatabaseConnection): Promise<void> {
  const [local, primary] = [
    await db.execute({ sql: digest, consistency: 'replica' }),
    await other.execute(digest),
  ];
  expect(local.rows.map((row) => Object.values(row))).toEqual(primary.rows.map((row) => Object.values(row)));
}

describe('a large database', () => {
  it(`of ${megabytes} MB is fetched beside the app, whose reads the primary answers meanwhile`, async () => {
    await grow(megabytes);
    let wrong = 0;
    const first = await watchLoop(async () => {
      const db = await openReplica(server.url, { connectTimeoutMs: 500 });
      const opened = performance.now();
      await readUntil(
        () => db.status().replica?.state === 'serving' || performance.now() - opened > 100_000,
        async () => {
          const { rows } = await db.execute(count);
          if (rows[0]?.[0 as never] !== megabytes * 1_000) wrong++;
        },
      );
      return db;
    });
    await using db = first.answer;
    const { size } = await stat(db.path);
    tell(`the first sync of ${Math.round(size / 1_048_576)} MB`, first);

    expect(wrong).toBe(0);
    expect(db.status().replica).toMatchObject({ state: 'serving', rebuilds: 0 });
    await expectEqual(db);
    expect(first.p99).toBeLessThan(longestDelayMs);
  }, 180_000);

  it(`that has grown by ${megabytes} MB since the last process is caught up with, and not fetched anew`, async () => {
    const path = await newPath();
    await other.execute("INSERT INTO t VALUES (1, 'a')");
    const before = await openReplica(server.url, { path });
    await readFrom(before, count);
    await before.close();
    await grow(megabytes);
    const caughtUp = await watchLoop(async () => {
      const db = await openReplica(server.url, { path, connectTimeoutMs: 500 });
      await until(
        () => db.status().replica,
        (status) => status?.framesBehind === 0n && status.state === 'serving',
        100_000,
      );
      return db;
    });
    await using db = caughtUp.answer;
    tell(`catching up with ${megabytes} MB`, caughtUp);
    // until so long a log is emptied, reads go to the primary
    const read = await until(
      () => readFrom(db, count),
      ({ isLocal }) => isLocal,
    );

    expect(read).toEqual({ value: megabytes * 1_000 + 1, isLocal: true });
    expect(db.status().replica).toMatchObject({ rebuilds: 0 });
    await expectEqual(db);
    expect(caughtUp.p99).toBeLessThan(longestDelayMs);
  }, 180_000);
});

describe('a primary that stands still', () => {
  it(`for ${stopMs / 1_000} s holds up neither local reads nor the event loop`, async () => {
    await other.execute("INSERT INTO t VALUES (1, 'a')");
    await using db = await openReplica(server.url, { syncIntervalMs: 200 });
    await readFrom(db, count);
    const seen = new Map<string, number>();
    await server.kill('SIGSTOP');
    await sleep(500);
    const stopped = await watchLoop(async () => {
      const end = performance.now() + stopMs;
      await readUntil(
        () => performance.now() > end,
        async () => {
          const { value, isLocal } = await readFrom(db, count);
          const key = `${String(value)} ${isLocal}`;
          seen.set(key, (seen.get(key) ?? 0) + 1);
        },
      );
    });
    await server.kill('SIGCONT');
    tell(`${[...seen.values()].join()} local reads while the primary stood still`, stopped);
    await other.execute("INSERT INTO t VALUES (2, 'b')");
    await until(
      async () => (await db.execute({ sql: count, consistency: 'replica' })).rows[0]?.[0 as never],
      (value) => value === 2,
    );
    await untilState(db, 'serving');

    expect([...seen.keys()]).toEqual(['1 true']);
    expect(await readFrom(db, count)).toEqual({ value: 2, isLocal: true });
    expect(stopped.p99).toBeLessThan(longestDelayMs);
  }, 120_000);
});
