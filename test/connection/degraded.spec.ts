import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseConnectionHandle } from '../../lib/contract/connection-handle.js';
import type { Report } from '../../lib/contract/driver.js';
import { createResolvedConnection } from '../../lib/database/create-connection.js';
import type { DatabaseConnection, DatabaseModuleOptions } from '../../lib/index.js';
import { createOptionsEnvironment } from '../../lib/options/options-environment.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { failureOf, readColumn } from '../contract/facts.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createTempDatabase } from '../support/temp-database.js';
import { createTempFolder } from '../support/temp-folder.js';

let server: SqldServer;
const proxies: FaultProxy[] = [];
const opened: DatabaseConnection[] = [];

beforeAll(async () => {
  server = await startSqld({ jwt: true });
});
afterEach(async () => {
  for (const db of opened.splice(0)) await db.close();
  for (const proxy of proxies.splice(0)) await proxy.close();
});
afterAll(() => server.stop());

interface Room {
  readonly db: DatabaseConnection;
  readonly proxy: FaultProxy;
  readonly reports: Report[];
}

/** A connection to a server behind a proxy that refuses, with what it reports. */
async function createRoom(options: DatabaseModuleOptions = {}, target = server): Promise<Room> {
  const proxy = await startFaultProxy(target.url);
  proxies.push(proxy);
  await proxy.refuse();
  const reports: Report[] = [];
  const all = {
    url: proxy.url,
    authToken: target.authToken as string,
    onUnavailable: 'degraded',
    shutdownTimeoutMs: 200,
    ...options,
  } as const;
  const resolved = resolveOptions(all, createOptionsEnvironment(undefined));
  const db = createResolvedConnection(resolved, (report) => reports.push(report));
  opened.push(db);
  return { db, proxy, reports };
}

const codesOf = ({ reports }: Room): string[] => reports.map(({ code }) => code);

async function stateBecomes(db: DatabaseConnection, state: string): Promise<void> {
  for (const end = Date.now() + 20_000; db.status().state !== state; await sleep(20)) {
    if (Date.now() > end) throw new Error(`the state stays ${db.status().state}`);
  }
}

describe('a connection that opens degraded', () => {
  it('makes one attempt, warns once, and is degraded since then', async () => {
    const room = await createRoom();
    const before = Date.now();
    await room.db.open();
    const first = room.db.status();
    await sleep(1_200);
    await room.db.open();

    expect(Date.now() - before).toBeLessThan(10_000);
    expect(first).toMatchObject({ state: 'degraded', degradedBy: 'ECONNREFUSED', fallback: false });
    expect(first.since.getTime()).toBeGreaterThanOrEqual(before);
    expect(room.db.status().since).toEqual(first.since);
    expect(room.reports).toEqual([
      {
        level: 'warning',
        code: 'DATABASE_UNAVAILABLE',
        message: expect.stringMatching(/^turso at 127\.0\.0\.1:\d+ is not there, .*ECONNREFUSED/),
      },
    ]);
  });

  it.each<[string, (db: DatabaseConnection) => Promise<unknown>]>([
    ['a read', (db) => db.execute('SELECT 1')],
    ['a batch', (db) => db.batch(['SELECT 1'], 'write')],
    ['a script', (db) => db.executeMultiple('SELECT 1')],
    ['a transaction', (db) => db.transaction('write')],
    ['withTransaction', (db) => db.withTransaction(() => 1)],
    ['a ping', (db) => db.ping()],
    ['applyMigrations', (db) => db.applyMigrations()],
  ])('refuses %s at once, with the reason and when to come back', async (_name, call) => {
    const { db, proxy } = await createRoom();
    await db.open();
    const before = proxy.counts.connections;
    const failure = await failureOf(call(db));

    expect(failure).toMatchObject({
      code: 'DEGRADED',
      kind: 'unavailable',
      outcome: 'not-applied',
      cause: { code: 'ECONNREFUSED' },
    });
    expect(failure.retryAfterMs).toBeGreaterThan(0);
    expect(failure.retryAfterMs).toBeLessThanOrEqual(5_000);
    expect(proxy.counts.connections).toBe(before);
  });

  it('does not let a call wait for an attempt that hangs', async () => {
    const { db, proxy } = await createRoom({ queryTimeoutMs: 60_000, bootTimeoutMs: 300 });
    await proxy.accept();
    proxy.inject({ kind: 'blackhole' });
    await db.open();
    await sleep(1_000);
    const start = performance.now();
    const failure = await failureOf(db.execute('SELECT 1'));

    expect(performance.now() - start).toBeLessThan(3_000);
    expect(failure).toMatchObject({ code: 'DEGRADED', cause: { code: 'TIMEOUT' } });
  });

  it('migrates, runs the hook and opens by itself when the server comes, and says so', async () => {
    const directory = await createTempFolder('migrations');
    await writeFile(join(directory, '0001_books.sql'), 'CREATE TABLE late_books (name TEXT);');
    await using empty = await startSqld({ jwt: true });
    let hooks = 0;
    const onConnectionCreate = async (connection: DatabaseConnectionHandle) => {
      hooks++;
      await connection.execute("INSERT INTO late_books VALUES ('by the hook')");
    };
    const room = await createRoom({ migrations: { directory }, onConnectionCreate }, empty);
    await room.db.open();
    const before = hooks;
    await room.proxy.accept();
    await stateBecomes(room.db, 'open');

    expect(await readColumn(room.db, 'SELECT name FROM late_books')).toEqual(['by the hook']);
    expect([before, hooks]).toEqual([0, 1]);
    expect(room.db.status()).toMatchObject({ state: 'open', degradedBy: undefined });
    expect(codesOf(room)).toEqual(['DATABASE_UNAVAILABLE', 'MIGRATIONS_APPLIED', 'DATABASE_OPENED']);
    expect(room.reports.at(-1)?.message).toMatch(
      /^opened after \d+ s, with \d+ attempts? in the background$/,
    );
  });

  it('keeps the first attempts of many instances apart, and tries no more often than a few times a second', async () => {
    const { db, proxy } = await createRoom();
    await proxy.accept();
    proxy.inject({ kind: 'reset-before-forward' });
    await db.open();
    const before = proxy.counts.connections;
    await sleep(3_000);

    expect(proxy.counts.connections - before).toBeGreaterThan(0);
    expect(proxy.counts.connections - before).toBeLessThan(40);
  });

  it('becomes degraded too when the server goes while its schema is prepared', async () => {
    const directory = await createTempFolder('migrations');
    await writeFile(join(directory, '0001_more.sql'), 'CREATE TABLE more_books (name TEXT);');
    await using empty = await startSqld({ jwt: true });
    const room = await createRoom({ migrations: { directory } }, empty);
    await room.proxy.accept();
    room.proxy.inject({ kind: 'respond', status: 503 }, { when: (text) => text.includes('migrations') });
    await room.db.open();
    const { state } = room.db.status();
    room.proxy.clear();
    await stateBecomes(room.db, 'open');

    expect(state).toBe('degraded');
    expect(await readColumn(room.db, 'SELECT name FROM more_books')).toEqual([]);
  });

  it('tells once what waiting does not mend, and opens when it is mended', async () => {
    const tokens = [server.expiredToken, server.authToken] as string[];
    let current = 0;
    const room = await createRoom({ authToken: () => tokens[current] as string });
    await room.db.open();
    await room.proxy.accept();
    for (let i = 0; i < 500 && room.reports.length < 2; i++) await sleep(20);
    const failure = await failureOf(room.db.execute('SELECT 1'));
    current = 1;
    await stateBecomes(room.db, 'open');

    expect(failure).toMatchObject({ code: 'DEGRADED', kind: 'unavailable', cause: { kind: 'auth' } });
    expect(codesOf(room)).toEqual(['DATABASE_UNAVAILABLE', 'DATABASE_UNAVAILABLE', 'DATABASE_OPENED']);
    expect(JSON.stringify(room.reports)).not.toContain(server.expiredToken);
  });

  it('stops its attempts at its close', async () => {
    const { db, proxy } = await createRoom();
    await proxy.accept();
    proxy.inject({ kind: 'reset-before-forward' });
    await db.open();
    await db.close();
    const before = proxy.counts.connections;
    await sleep(1_500);

    expect(db.status()).toMatchObject({ state: 'closed', degradedBy: undefined });
    expect(proxy.counts.connections).toBe(before);
    expect(await failureOf(db.execute('SELECT 1'))).toMatchObject({ code: 'CLIENT_CLOSED' });
  });

  it('closes at once while an attempt hangs', async () => {
    const { db, proxy } = await createRoom({ queryTimeoutMs: 60_000, bootTimeoutMs: 300 });
    await proxy.accept();
    proxy.inject({ kind: 'blackhole' });
    await db.open();
    await sleep(800);
    const start = performance.now();
    await db.close();

    expect(performance.now() - start).toBeLessThan(3_000);
  });

  it.each([
    ['a refused token', async () => ({ authToken: 'not-a-token' }), { kind: 'auth' }],
    [
      'a mistake in a migration',
      async () => {
        const directory = await createTempFolder('migrations');
        await writeFile(join(directory, '0001_wrong.sql'), 'CREATE TABL books (name TEXT);');
        return { migrations: { directory } };
      },
      { kind: 'syntax' },
    ],
    [
      'pending migrations under "check"',
      async () => {
        const directory = await createTempFolder('migrations');
        await writeFile(join(directory, '0001_pending.sql'), 'CREATE TABLE pending (name TEXT);');
        return { migrations: { directory, run: 'check' as const } };
      },
      { code: 'MIGRATIONS_PENDING' },
    ],
    [
      'an error of the hook',
      async () => ({ onConnectionCreate: () => Promise.reject(new Error('no seed')) }),
      { message: 'no seed' },
    ],
  ])('still fails the boot for %s', async (_name, optionsOf, expected) => {
    await using empty = await startSqld({ jwt: true });
    const room = await createRoom(await optionsOf(), empty);
    await room.proxy.accept();

    await expect(room.db.open()).rejects.toMatchObject(expected);
    expect(room.reports).toEqual([]);
  });

  it('still fails the boot for a path that no file can stand at', async () => {
    const room = await createRoom({ url: 'file:/dev/null/app.db', authToken: undefined as never });

    await expect(room.db.open()).rejects.toMatchObject({ kind: 'configuration' });
  });
});

describe('a connection that falls back', () => {
  const createFallbackRoom = async (
    options: DatabaseModuleOptions = {},
  ): Promise<Room & { path: string }> => {
    const { path, url } = await createTempDatabase('fallback.db');
    const room = await createRoom({
      onUnavailable: 'fallback',
      fallback: { url },
      bootTimeoutMs: 300,
      ...options,
    });
    return { ...room, path };
  };

  it('serves from the file, migrated and prepared, and says so loudly', async () => {
    const directory = await createTempFolder('migrations');
    await writeFile(join(directory, '0001_books.sql'), 'CREATE TABLE fallback_books (name TEXT);');
    const room = await createFallbackRoom({
      migrations: { directory },
      onConnectionCreate: async (connection) => {
        await connection.execute("INSERT INTO fallback_books VALUES ('by the hook')");
      },
    });
    await room.db.open();
    await room.db.execute("INSERT INTO fallback_books VALUES ('by the app')");

    expect(await readColumn(room.db, 'SELECT name FROM fallback_books')).toEqual([
      'by the hook',
      'by the app',
    ]);
    expect(room.db.protocol).toBe('file');
    expect(room.db.status()).toMatchObject({
      backend: 'sqlite',
      location: room.path,
      state: 'degraded',
      fallback: true,
      degradedBy: 'ECONNREFUSED',
      capabilities: { overNetwork: false },
    });
    expect(codesOf(room).slice(0, 2)).toEqual(['DATABASE_AWAITED', 'FALLBACK_SERVES']);
    expect(room.reports[1]).toMatchObject({
      level: 'warning',
      message: expect.stringContaining(`THE FALLBACK ${room.path} SERVES until the next start`),
    });
  });

  it('is kept when the server comes, and after a reconnect too', async () => {
    const { db, proxy } = await createFallbackRoom();
    await db.open();
    await db.execute('CREATE TABLE kept_here (name TEXT)');
    await proxy.accept();
    await sleep(500);
    await db.execute("INSERT INTO kept_here VALUES ('a')");
    db.reconnect();
    await db.execute("INSERT INTO kept_here VALUES ('b')");

    expect(await readColumn(db, 'SELECT name FROM kept_here')).toEqual(['a', 'b']);
    expect(db.status()).toMatchObject({ state: 'degraded', fallback: true, degradedBy: 'ECONNREFUSED' });
    expect(proxy.counts.connections).toBe(0);
  });

  it('waits for a server that comes within bootTimeoutMs', async () => {
    const { db, proxy } = await createFallbackRoom({ bootTimeoutMs: 20_000 });
    setTimeout(() => void proxy.accept(), 400);
    await db.open();

    expect(db.status()).toMatchObject({ backend: 'turso', state: 'open', fallback: false });
  });

  it('does not mix the two when the server answers an attempt that was given up', async () => {
    const room = await createFallbackRoom({ bootTimeoutMs: 300, queryTimeoutMs: 20_000 });
    await room.proxy.accept();
    room.proxy.inject({ kind: 'delay', upMs: 1_000, downMs: 0 });
    await room.db.open();

    expect(room.db.status()).toMatchObject({ backend: 'turso', state: 'open', fallback: false });
    expect(room.reports).toEqual([]);
  });

  it('never falls back for a server that is there and refuses', async () => {
    const { db, proxy } = await createFallbackRoom({ authToken: server.expiredToken as string });
    await proxy.accept();

    await expect(db.open()).rejects.toMatchObject({ kind: 'auth' });
    expect(db.status()).toMatchObject({ backend: 'turso', fallback: false });
  });

  it('never falls back later, when the server goes after the boot', async () => {
    const { db, proxy } = await createFallbackRoom({ bootTimeoutMs: 20_000 });
    await proxy.accept();
    await db.open();
    await proxy.refuse();

    expect(await failureOf(db.execute('CREATE TABLE never (a)'))).toMatchObject({ kind: 'unavailable' });
    expect(db.status()).toMatchObject({ backend: 'turso', fallback: false });
  });

  it('fails the boot when the fallback cannot be opened either', async () => {
    const { folder } = await createTempDatabase();
    await mkdir(join(folder, 'taken'));
    const { db } = await createFallbackRoom({ fallback: { url: `sqlite:${join(folder, 'taken')}` } });

    await expect(db.open()).rejects.toMatchObject({ kind: 'configuration', code: 'SQLITE_CANTOPEN' });
  });
});
