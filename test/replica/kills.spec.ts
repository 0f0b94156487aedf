import { describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawnGuarded } from '../support/guarded-process.js';
import {
  newPath,
  openReplica,
  readFrom,
  syncChildren,
  until,
  untilState,
  useOwnPrimary,
} from './replica-setup.js';

const room = useOwnPrimary(['CREATE TABLE t (a INTEGER)'], ['--max-log-size', '1']);

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
/** One that has ended and that nobody has asked for is no longer alive. */
const isAlive = (pid: number): boolean => {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
};

describe('the process that syncs', () => {
  it('is started again when it is killed at any moment, and no own write is missed', async () => {
    await using db = await openReplica(room.server.url, { syncIntervalMs: 50 });
    const wrong: unknown[] = [];
    let kills = 0;
    for (let n = 1; n <= 150; n++) {
      await db.execute('INSERT INTO t VALUES (?)', [n]);
      if (n % 20 === 0) for (const pid of syncChildren()) kills += Number(process.kill(pid, 'SIGKILL'));
      const { value } = await readFrom(db, 'SELECT count(*) FROM t');
      if (value !== n) wrong.push([n, value]);
    }
    await untilState(db, 'serving');
    await db.sync();

    expect(wrong).toEqual([]);
    expect(kills).toBeGreaterThan(0);
    expect(await readFrom(db, 'SELECT count(*) FROM t', 'replica')).toEqual({ value: 150, isLocal: true });
    expect(db.status().replica).toMatchObject({ rebuilds: 0 });
  });

  it('is gone with the connection', async () => {
    const db = await openReplica(room.server.url);
    const [pid = -1] = syncChildren();
    const before = isAlive(pid);
    await db.close();

    expect([before, isAlive(pid)]).toEqual([true, false]);
  });

  it('is gone soon after its app was killed, and the next app takes the file', async () => {
    const path = await newPath();
    const loader = pathOf('../connection/support/register-typescript.js');
    const app = spawnGuarded(
      process.execPath,
      ['--import', loader, pathOf('holder.process.ts'), room.server.url, path],
      { PATH: process.env['PATH'] },
    );
    await until(
      () => app.logs(),
      (logs) => logs.includes('written 50'),
    );
    const [pid = -1] = syncChildren(app.pid);
    const before = isAlive(pid);
    app.kill('SIGKILL');
    await app.exited;
    await using db = await openReplica(room.server.url, { path });
    const written = app.logs().split('\n').length - 1;
    const { value } = await readFrom(db, 'SELECT count(*) FROM t');

    expect([before, isAlive(pid)]).toEqual([true, false]);
    expect(value).toBeGreaterThanOrEqual(written);
    expect(value).toBe((await room.other.execute('SELECT count(*) FROM t')).rows[0]?.[0]);
  });
});

describe('the process that empties the log', () => {
  it('is gone soon after its app was killed, while it waits for a reader', async () => {
    const path = await newPath();
    const reader = new BetterSqlite3(path);
    reader.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a); BEGIN; SELECT count(*) FROM t');
    const script = new URL('../../lib/drivers/replica/checkpoint.child.js', import.meta.url).href;
    const parent = `
      import { fork } from 'node:child_process';
      const child = fork(new URL(${JSON.stringify(script)}), { serialization: 'advanced', execArgv: [] });
      child.send(${JSON.stringify({ path, timeoutMs: 120_000 })});
      console.log('child', child.pid);
      process.stdin.on('close', () => process.exit()).resume();`;
    const app = spawnGuarded(process.execPath, ['--input-type=module', '-e', parent], {
      PATH: process.env['PATH'],
    });
    await until(
      () => app.logs(),
      (logs) => logs.includes('child'),
    );
    const pid = Number(/child (\d+)/.exec(app.logs())?.[1]);
    // by now it waits
    await sleep(1_000);
    const before = isAlive(pid);
    app.kill('SIGKILL');
    await app.exited;
    const after = await until(
      () => isAlive(pid),
      (is) => !is,
    );
    reader.close();

    expect([before, after]).toEqual([true, false]);
  });
});

describe('a primary that is killed', () => {
  it('and comes back leaves no read behind its own write', async () => {
    await using db = await openReplica(room.server.url, { syncIntervalMs: 50, queryTimeoutMs: 5_000 });
    const wrong: unknown[] = [];
    let last = 0;
    for (let n = 1; n <= 60; n++) {
      if (n % 20 === 0) {
        await room.server.kill('SIGKILL');
        await room.server.restart();
      }
      await db.execute('INSERT INTO t VALUES (?)', [n]).then(
        () => (last = n),
        () => undefined,
      );
      const { value } = await readFrom(db, 'SELECT max(a) FROM t');
      if (Number(value) < last) wrong.push([n, last, value]);
    }
    await untilState(db, 'serving');
    await db.sync();
    const { rows } = await room.other.execute('SELECT count(*), max(a) FROM t');
    const local = await db.execute({ sql: 'SELECT count(*), max(a) FROM t', consistency: 'replica' });

    expect(wrong).toEqual([]);
    expect(Object.values(local.rows[0] ?? {})).toEqual(Object.values(rows[0] ?? {}));
  });
});

describe('the share of local reads', () => {
  it('is nearly everything without writes, and most of it at one write a second', async () => {
    await using db = await openReplica(room.server.url, { syncIntervalMs: 200 });
    await untilState(db, 'serving');
    const share = async (work: () => Promise<void>): Promise<number> => {
      const before = db.status().replica ?? { localReads: 0, remoteReads: 0 };
      await work();
      const after = db.status().replica ?? { localReads: 0, remoteReads: 0 };
      const local = after.localReads - before.localReads;
      return local / (local + after.remoteReads - before.remoteReads);
    };
    const read = async (): Promise<void> => {
      await db.execute('SELECT count(*) FROM t');
      await sleep(2);
    };
    const still = await share(async () => {
      for (let n = 0; n < 500; n++) await read();
    });
    const written = await share(async () => {
      for (let second = 0; second < 3; second++) {
        await db.execute('INSERT INTO t VALUES (1)');
        const end = performance.now() + 1_000;
        while (performance.now() < end) await read();
      }
    });
    console.info(`local: ${(100 * still).toFixed(1)} % without writes, ${(100 * written).toFixed(1)} % with`);

    expect(still).toBeGreaterThanOrEqual(0.95);
    expect(written).toBeGreaterThanOrEqual(0.5);
  });
});

describe('the log beside the file', () => {
  it('is emptied when it has grown beyond 16 MB, also beside readers', async () => {
    await using db = await openReplica(room.server.url, { syncIntervalMs: 60_000 });
    const reading = db.transaction('read');
    const tx = await reading;
    await tx.execute('SELECT count(*) FROM t');
    await db.execute('CREATE TABLE big (a BLOB)');
    for (let n = 0; n < 10; n++) await db.execute('INSERT INTO big VALUES (randomblob(2000000))');
    await db.sync();
    const grown = (await stat(`${db.path}-wal`)).size;
    await tx.commit();
    const emptied = await until(
      async () => (await stat(`${db.path}-wal`)).size,
      (size) => size < 1_048_576,
    );
    await untilState(db, 'serving');
    await db.sync();

    expect(grown).toBeGreaterThan(16 * 1_048_576);
    expect(emptied).toBeLessThan(1_048_576);
    expect(await readFrom(db, 'SELECT count(*) FROM big')).toEqual({ value: 10, isLocal: true });
    expect(db.status().replica).toMatchObject({ rebuilds: 0 });
    expect(db.reports.filter((code) => code === 'REPLICA_LOG_LARGE')).toHaveLength(1);
  });
});
