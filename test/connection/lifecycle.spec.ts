import { afterEach, describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  createConnection,
  type DatabaseConnection,
  type DatabaseError,
  type DatabaseModuleOptions,
} from '../../lib/index.js';
import { createLatch, failureOf, readColumn, readValue } from '../contract/facts.js';
import { MigrationFolder } from '../schema/schema-setup.js';
import { findFreePort } from '../../lib/testing/server/find-free-port.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { startSilentHost } from '../support/silent-host.js';
import { startSqld } from '../support/sqld-server.js';
import { createTempDatabase } from '../support/temp-database.js';
import { startChild } from './support/child.js';

const opened: DatabaseConnection[] = [];
afterEach(async () => {
  for (const db of opened.splice(0)) await db.close();
});

const connect = (options: DatabaseModuleOptions): DatabaseConnection => {
  const db = createConnection(options);
  opened.push(db);
  return db;
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const timeOf = async (call: Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await call;
  return performance.now() - start;
};

describe('a connection that nobody uses', () => {
  it('touches no file', async () => {
    const { folder, url } = await createTempDatabase();
    const db = connect({ url });
    db.status();
    await pause(20);
    const before = readdirSync(folder);
    await db.execute('SELECT 1');

    expect([before, readdirSync(folder).includes('test.db')]).toEqual([[], true]);
  });

  it('is closed without ever having been opened', async () => {
    const { folder, url } = await createTempDatabase();
    const db = connect({ url });
    await db.close();

    expect([db.status().state, readdirSync(folder)]).toEqual(['closed', []]);
  });
});

describe('onConnectionCreate', () => {
  it('runs once, before the first call is answered, and may use the connection', async () => {
    let runs = 0;
    const { url } = await createTempDatabase();
    const db = connect({
      url,
      onConnectionCreate: async (connection) => {
        runs++;
        await connection.execute('CREATE TABLE t (a)');
        await connection.batch(['INSERT INTO t VALUES (1)'], 'write');
        const tx = await connection.transaction('write');
        await tx.execute('INSERT INTO t VALUES (2)');
        await tx.commit();
      },
    });
    const counts = await Promise.all([1, 2, 3].map(() => readValue(db, 'SELECT count(*) FROM t')));
    await db.close();
    db.reconnect();
    await db.open();

    expect([counts, runs]).toEqual([[2, 2, 2], 1]);
  });

  it('runs again for the empty database that reconnect() begins with in memory, and so do the migrations', async () => {
    let runs = 0;
    const { directory } = await MigrationFolder.create({ '0001-t.sql': 'CREATE TABLE t (a)' });
    const db = connect({
      url: ':memory:',
      migrations: { directory, run: 'on-boot' },
      onConnectionCreate: async (connection) => {
        await connection.execute(`INSERT INTO t VALUES (${++runs})`);
      },
    });
    const first = await readValue(db, 'SELECT a FROM t');
    await db.close();
    db.reconnect();

    expect([first, await readValue(db, 'SELECT a FROM t')]).toEqual([1, 2]);
  });

  it('may open the connection, which is open already', async () => {
    const db = connect({
      url: ':memory:',
      onConnectionCreate: (connection) => (connection as DatabaseConnection).open(),
    });

    expect(await readValue(db, 'SELECT 1')).toBe(1);
  });

  it('fails the first call when it fails, and runs again for the next one', async () => {
    let runs = 0;
    const db = connect({
      url: ':memory:',
      onConnectionCreate: () => {
        if (++runs === 1) throw new Error('mine');
      },
    });
    const failure = await failureOf(db.execute('SELECT 1'));

    expect([failure.message, await readValue(db, 'SELECT 1'), runs]).toEqual(['mine', 1, 2]);
  });

  it('that never ends is given up after bootTimeoutMs', async () => {
    const db = connect({
      url: ':memory:',
      bootTimeoutMs: 100,
      shutdownTimeoutMs: 50,
      onConnectionCreate: () => new Promise(() => undefined),
    });

    expect(await failureOf(db.open())).toMatchObject({ kind: 'timeout' });
    expect((await failureOf(db.open())).message).toContain('onConnectionCreate');
  });

  it('that hangs holds a close no longer than shutdownTimeoutMs', async () => {
    const started = createLatch();
    const db = connect({
      url: ':memory:',
      shutdownTimeoutMs: 100,
      onConnectionCreate: () => {
        started.open();
        return new Promise(() => undefined);
      },
    });
    const call = failureOf(db.execute('SELECT 1'));
    await started.opened;

    expect(await timeOf(db.close())).toBeLessThan(800);
    expect(await call).toMatchObject({ code: 'CLIENT_CLOSED' });
  });
});

describe('open', () => {
  it('tries again until a late server is there', async () => {
    const port = await findFreePort();
    const db = connect({ url: `http://127.0.0.1:${port}`, bootTimeoutMs: 10_000 });
    const opening = db.open();
    await pause(300);
    await using server = await startSqld({ port });
    await opening;

    expect([db.status().state, server.url]).toEqual(['open', `http://127.0.0.1:${port}`]);
  });

  it('gives up after bootTimeoutMs with the reason', async () => {
    const db = connect({ url: `http://127.0.0.1:${await findFreePort()}`, bootTimeoutMs: 1_000 });
    const opening = failureOf(db.open());

    expect(await timeOf(opening)).toBeLessThan(3_000);
    expect(await opening).toMatchObject({
      code: 'ECONNREFUSED',
      kind: 'unavailable',
      outcome: 'not-applied',
    });
    expect(db.status()).toMatchObject({ state: 'idle', inFlight: 0, lastError: { kind: 'unavailable' } });
  });

  it('gives up after bootTimeoutMs on a host that never answers', async () => {
    await using host = await startSilentHost();
    const db = connect({ url: host.url, bootTimeoutMs: 500, connectTimeoutMs: 200 });
    const opening = failureOf(db.open());

    expect(await timeOf(opening)).toBeLessThan(1_500);
    expect((await opening).outcome).toBe('not-applied');
  });

  it('does not try again what cannot get better', async () => {
    await using server = await startSqld({ jwt: true });
    const db = connect({ url: server.url, authToken: server.expiredToken });
    const opening = failureOf(db.open());

    expect(await timeOf(opening)).toBeLessThan(1_500);
    expect(await opening).toMatchObject({ kind: 'auth' });
  });

  it('is stopped by a close', async () => {
    const db = connect({ url: `http://127.0.0.1:${await findFreePort()}`, shutdownTimeoutMs: 50 });
    const opening = failureOf(db.open());
    await pause(30);

    expect(await timeOf(db.close())).toBeLessThan(800);
    expect(await opening).toMatchObject({ code: 'CLIENT_CLOSED', kind: 'closed' });
  });

  it('is shared by everybody who comes meanwhile', async () => {
    await using server = await startSqld();
    await using proxy = await startFaultProxy(server.url);
    proxy.inject({ kind: 'delay', downMs: 100 }, { requests: 1 });
    const db = connect({ url: proxy.url });
    await Promise.all([db.open(), db.open(), db.execute('SELECT 1'), db.ping()]);

    expect(proxy.counts.requests).toBe(3);
    await db.close();
  });
});

describe('ping', () => {
  it.each(['file', 'memory', 'broken file'])('says whether a %s answers', async (kind) => {
    const { path } = await createTempDatabase();
    if (kind === 'broken file') await writeFile(path, 'a letter, no database. '.repeat(100));
    const db = connect({ url: kind === 'memory' ? ':memory:' : `sqlite:${path}` });
    const outcome = await db.ping({ timeoutMs: 1_000 }).then(
      () => 'answers',
      (error: unknown) => (error as DatabaseError).kind,
    );

    expect(outcome).toBe(kind === 'broken file' ? 'corrupt' : 'answers');
  });
});

describe('close', () => {
  it('leaves a file alone in its folder: no WAL, no shared memory', async () => {
    const { folder, url } = await createTempDatabase();
    const db = connect({ url });
    await db.execute('CREATE TABLE t (a)');
    await db.withTransaction((tx) => tx.execute('SELECT * FROM t'), { mode: 'read' });
    const during = readdirSync(folder).sort();
    await db.close();

    expect([during, readdirSync(folder)]).toEqual([['test.db', 'test.db-shm', 'test.db-wal'], ['test.db']]);
  });

  it('waits for a slow answer and acknowledges it', async () => {
    await using server = await startSqld();
    await using proxy = await startFaultProxy(server.url);
    const db = connect({ url: proxy.url });
    await db.execute('CREATE TABLE t (a)');
    proxy.inject({ kind: 'delay', downMs: 300 });
    const write = db.execute('INSERT INTO t VALUES (1)');
    const closing = db.close();

    expect((await write).rowsAffected).toBe(1);
    await closing;
  });

  it('ends calls to a server that hangs after shutdownTimeoutMs', async () => {
    await using server = await startSqld();
    const db = connect({ url: server.url, shutdownTimeoutMs: 200 });
    await db.execute('CREATE TABLE t (a)');
    const tx = await db.transaction('write');
    await tx.execute('INSERT INTO t VALUES (1)');
    await server.kill('SIGSTOP');
    const calls = [
      failureOf(tx.execute('INSERT INTO t VALUES (2)')),
      failureOf(db.execute('SELECT 1')),
      failureOf(db.execute('INSERT INTO t VALUES (3)')),
    ];
    await pause(20);

    expect(await timeOf(db.close())).toBeLessThan(4_000);
    const failures = await Promise.all(calls);
    expect(failures.map(({ code }) => code)).toEqual(['CLIENT_CLOSED', 'CLIENT_CLOSED', 'CLIENT_CLOSED']);
    expect(failures.map(({ outcome }) => outcome)).toEqual(['not-applied', 'unknown', 'not-applied']);
    await server.kill('SIGCONT');
  });

  it('refuses those who wait behind a transaction that never ends', async () => {
    const { url } = await createTempDatabase();
    const db = connect({ url, shutdownTimeoutMs: 100 });
    await db.execute('CREATE TABLE t (a)');
    const started = createLatch();
    const held = failureOf(
      db.withTransaction(async (tx) => {
        await tx.execute('INSERT INTO t VALUES (1)');
        started.open();
        await new Promise(() => undefined);
      }),
    );
    await started.opened;
    const waiting = [1, 2, 3].map((n) => failureOf(db.execute('INSERT INTO t VALUES (?)', [n])));
    await pause(10);

    expect(await timeOf(db.close())).toBeLessThan(1_000);
    for (const failure of [...(await Promise.all(waiting)), await held])
      expect(failure).toMatchObject({ code: 'CLIENT_CLOSED', kind: 'closed', outcome: 'not-applied' });
    db.reconnect();
    expect(await readValue(db, 'SELECT count(*) FROM t')).toBe(0);
  });

  it('gives the lock of an open transaction back to the server at once', async () => {
    await using server = await startSqld();
    const [db, other] = [connect({ url: server.url }), connect({ url: server.url })];
    await db.execute('CREATE TABLE t (a)');
    const tx = await db.transaction('write');
    await tx.execute('INSERT INTO t VALUES (1)');
    await db.close();

    expect(await timeOf(other.execute('INSERT INTO t VALUES (2)'))).toBeLessThan(1_500);
    expect(await readColumn(other, 'SELECT a FROM t')).toEqual([2]);
    await other.close();
  });

  it('lets a process end by itself, with a file as with a hanging transaction', async () => {
    const { url } = await createTempDatabase();
    const child = startChild(
      `
      const db = createConnection({ url: process.env.URL, shutdownTimeoutMs: 100 });
      await db.execute('CREATE TABLE t (a)');
      const held = db.withTransaction(() => new Promise(() => undefined)).catch((error) => print(error.code));
      await new Promise((resolve) => setImmediate(resolve));
      await db.close();
      await held;
      process.on('exit', () => print(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')));`,
      { URL: url },
    );

    expect(await child.ended).toEqual(['CLIENT_CLOSED', []]);
  });

  it('may be followed by a reconnect while it still drains', async () => {
    const { url } = await createTempDatabase();
    const db = connect({ url });
    await db.execute('CREATE TABLE t (a)');
    const goOn = createLatch();
    const held = db.withTransaction(async (tx) => {
      await goOn.opened;
      await tx.execute('INSERT INTO t VALUES (1)');
    });
    await pause(10);
    const closing = db.close();
    db.reconnect();
    const read = await readValue(db, 'SELECT count(*) FROM t');
    const write = db.execute('INSERT INTO t VALUES (2)');
    goOn.open();
    await Promise.all([held, closing, write]);

    expect([read, await readColumn(db, 'SELECT a FROM t')]).toEqual([0, [1, 2]]);
  });

  it('and reconnect in turns lose nothing that was acknowledged', async () => {
    const { url } = await createTempDatabase();
    const db = connect({ url });
    await db.execute('CREATE TABLE t (a)');
    const acknowledged: number[] = [];
    const write = async (n: number): Promise<void> => {
      await db.execute('INSERT INTO t VALUES (?)', [n]);
      acknowledged.push(n);
    };
    for (let round = 0; round < 20; round++) {
      const writes = [0, 1, 2].map((n) => write(round * 3 + n).catch(() => undefined));
      if (round % 2 === 0) void db.close();
      db.reconnect();
      await Promise.all(writes);
    }

    expect(acknowledged.length).toBeGreaterThan(30);
    expect((await readColumn(db, 'SELECT a FROM t')).sort()).toEqual([...acknowledged].sort());
  });
});

describe('the private database of a test', () => {
  it('is there under NODE_ENV=test when nothing says where, and goes at close', async () => {
    const db = connect({});
    await db.execute('CREATE TABLE t (a)');
    const { location } = db.status();
    const during = existsSync(location);
    await db.close();

    expect([process.env.NODE_ENV, during, existsSync(location)]).toEqual(['test', true, false]);
  });

  it('is a file that goes with its connection', async () => {
    const child = startChild(
      `
      const db = createConnection();
      await db.execute('CREATE TABLE t (a)');
      const { location } = db.status();
      const { existsSync } = await import('node:fs');
      const before = existsSync(location);
      await db.withTransaction((tx) => tx.execute('SELECT 1'), { mode: 'read' });
      await db.close();
      print([before, ...['', '-wal', '-shm'].map((suffix) => existsSync(location + suffix)), location]);`,
      { NODE_ENV: 'test' },
    );
    const [[before, ...after]] = (await child.ended) as [unknown[]];
    const location = after.pop() as string;

    expect([before, after, existsSync(dirname(location))]).toEqual([true, [false, false, false], true]);
  });

  it('is not taken away from a connection that uses it again', async () => {
    const child = startChild(
      `
      const db = createConnection();
      await db.execute('CREATE TABLE t (a)');
      let end;
      const held = db.withTransaction(() => new Promise((resolve) => (end = resolve)));
      await new Promise((resolve) => setImmediate(resolve));
      db.reconnect();
      await db.open();
      end();
      await held;
      await new Promise((resolve) => setTimeout(resolve, 50));
      await db.execute('INSERT INTO t VALUES (1)');
      const read = await db.withTransaction((tx) => tx.execute('SELECT count(*) AS n FROM t'), { mode: 'read' });
      print(read.rows[0].n);
      await db.close();`,
      { NODE_ENV: 'test' },
    );

    expect(await child.ended).toEqual([1]);
  });
});

describe('a memory database', () => {
  it('keeps its data across transactions, beside others of its kind', async () => {
    const [db, other] = [connect({ url: ':memory:' }), connect({ url: 'sqlite::memory:' })];
    await db.execute('CREATE TABLE t (a)');
    await db.withTransaction((tx) => tx.execute('INSERT INTO t VALUES (1)'));
    await failureOf(
      db.withTransaction(async (tx) => {
        await tx.execute('INSERT INTO t VALUES (2)');
        throw new Error('mine');
      }),
    );
    await db.batch(['INSERT INTO t VALUES (3)'], 'write');
    await db.withTransaction((tx) => tx.execute('SELECT * FROM t'), { mode: 'read' });
    await db.execute('INSERT INTO t VALUES (4)');

    expect(await readColumn(db, 'SELECT a FROM t')).toEqual([1, 3, 4]);
    expect(await readColumn(other, 'SELECT name FROM sqlite_schema')).toEqual([]);
  });
});
