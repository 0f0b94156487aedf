import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseConnection, DatabaseModule } from '../../lib/index.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { findFreePort } from '../../lib/testing/server/find-free-port.js';
import { startSqld } from '../support/sqld-server.js';
import { createTempDatabase } from '../support/temp-database.js';
import { failureOfStart, LogCollector, startApp } from './support/app.js';
import { setEnvironment } from './support/environment.js';

describe('opening', () => {
  it('writes one line with the backend, the place and the time', async () => {
    const { path, url } = await createTempDatabase();

    const { logs } = await startApp({ imports: [DatabaseModule.forRoot({ url })] });

    expect(logs.of('log')).toEqual([expect.stringMatching(/^database: sqlite at .+, opened in \d+ ms$/)]);
    expect(logs.of('log')[0]).toContain(path);
  });

  it('names a named connection in its line', async () => {
    const { logs } = await startApp({
      imports: [DatabaseModule.forRoot({ name: 'reports', url: ':memory:' })],
    });

    expect(logs.of('log')).toEqual([expect.stringMatching(/^database "reports": sqlite at :memory:/)]);
  });

  it('warns in the log about what the options get wrong', async () => {
    const folder = await createTempDatabase();
    setEnvironment({ NODE_ENV: 'development' });
    const previous = process.cwd();
    process.chdir(folder.folder);
    try {
      const { logs } = await startApp({ imports: [DatabaseModule.forRoot()] });

      expect(logs.of('warn')).toEqual([
        expect.stringMatching(/^database: .*data\/app\.db/),
        expect.stringContaining('SIGTERM'),
      ]);
    } finally {
      process.chdir(previous);
    }
  });

  it('calls onConnectionCreate once with the open connection', async () => {
    const calls: unknown[] = [];
    const { app } = await startApp({
      imports: [
        DatabaseModule.forRoot({
          url: ':memory:',
          async onConnectionCreate(connection) {
            await connection.execute('CREATE TABLE books (name TEXT)');
            calls.push(connection);
          },
        }),
      ],
    });
    const connection = app.get(DatabaseConnection);
    await connection.execute("INSERT INTO books VALUES ('a')");

    expect(calls).toEqual([connection]);
  });

  it('fails the boot with the error of onConnectionCreate, as it is', async () => {
    const failure = await failureOfStart({
      imports: [
        DatabaseModule.forRoot({
          url: ':memory:',
          onConnectionCreate: () => Promise.reject(new Error('no seed')),
        }),
      ],
    });

    expect(failure.message).toBe('no seed');
  });

  it('waits for the first call when lazy, and calls onConnectionCreate once then', async () => {
    const calls: string[] = [];
    const { app, logs } = await startApp({
      imports: [
        DatabaseModule.forRoot({
          url: ':memory:',
          lazy: true,
          onConnectionCreate: () => void calls.push('hook'),
        }),
      ],
    });
    const connection = app.get(DatabaseConnection);
    const before = [connection.status().state, calls.length];
    await Promise.all([connection.execute('SELECT 1'), connection.execute('SELECT 1')]);

    expect(before).toEqual(['idle', 0]);
    expect(calls).toEqual(['hook']);
    expect(logs.of('log')).toEqual(['database: sqlite at :memory:, opens at the first call']);
  });

  it('lets a lazy app start and stop while its server is down', async () => {
    const url = `http://127.0.0.1:${await findFreePort()}`;

    const { app } = await startApp({ imports: [DatabaseModule.forRoot({ url, lazy: true })] });
    const failure = app.get(DatabaseConnection).execute('SELECT 1');

    await expect(failure).rejects.toMatchObject({ kind: 'unavailable' });
    await app.close();
    expect(app.get(DatabaseConnection).closed).toBe(true);
  });
});

describe('a server that does not answer at boot', () => {
  it('fails the boot within bootTimeoutMs, with one error that names the connection and the place', async () => {
    const port = await findFreePort();
    const logs = new LogCollector();
    const start = performance.now();

    const failure = await failureOfStart(
      {
        imports: [
          DatabaseModule.forRoot({ name: 'reports', url: `http://127.0.0.1:${port}`, bootTimeoutMs: 2_000 }),
        ],
      },
      { logs },
    );

    expect(performance.now() - start).toBeLessThan(4_000);
    expect(failure).toMatchObject({ kind: 'unavailable', code: 'ECONNREFUSED', outcome: 'not-applied' });
    expect(failure.message).toContain(`Could not open the database "reports" (turso at 127.0.0.1:${port})`);
    expect(logs.of('log')).toEqual([]);
    expect(logs.of('warn', 'DatabaseModule')).toEqual([
      expect.stringMatching(
        /^database "reports": turso at \S+ cannot be opened yet: it is tried again, for 2 s at most \(ECONNREFUSED: /,
      ),
    ]);
  });

  it('fails within bootTimeoutMs when it hangs', async () => {
    await using server = await startSqld();
    await using proxy = await startFaultProxy(server.url);
    proxy.inject({ kind: 'blackhole' });
    const start = performance.now();

    const failure = await failureOfStart({
      imports: [DatabaseModule.forRoot({ url: proxy.url, bootTimeoutMs: 500 })],
    });

    expect(performance.now() - start).toBeLessThan(2_000);
    expect(failure).toMatchObject({ kind: 'timeout', code: 'TIMEOUT' });
  });

  it('is waited for when it comes late', async () => {
    const port = await findFreePort();
    const starting = startApp({ imports: [DatabaseModule.forRoot({ url: `http://127.0.0.1:${port}` })] });
    await sleep(500);
    await using _server = await startSqld({ port });

    const { app } = await starting;

    expect(app.get(DatabaseConnection).status().state).toBe('open');
  });

  it('is not asked again when it refuses the token', async () => {
    await using server = await startSqld({ jwt: true });
    const start = performance.now();

    const failure = await failureOfStart({
      imports: [DatabaseModule.forRoot({ url: server.url, authToken: server.expiredToken! })],
    });

    expect(performance.now() - start).toBeLessThan(2_000);
    expect(failure).toMatchObject({ kind: 'auth' });
  });
});

describe('a file that cannot be opened', () => {
  it('fails the boot with the reason, at once', async () => {
    const start = performance.now();

    const failure = await failureOfStart({
      imports: [DatabaseModule.forRoot({ url: 'file:/dev/null/app.db' })],
    });

    expect(performance.now() - start).toBeLessThan(2_000);
    expect(failure).toMatchObject({ kind: 'configuration', code: 'SQLITE_CANTOPEN' });
    expect(failure.message).toContain('/dev/null, which is not a folder');
  });

  it('fails the boot when it is no database', async () => {
    const { path } = await createTempDatabase();
    await writeFile(path, 'x'.repeat(8_192));

    const failure = await failureOfStart({ imports: [DatabaseModule.forRoot({ url: `sqlite:${path}` })] });

    expect(failure).toMatchObject({ kind: 'corrupt', code: 'SQLITE_NOTADB' });
    expect(failure.message).toContain('Could not open the database (sqlite at ');
  });
});

describe('without shutdown hooks', () => {
  it('warns once, however many connections there are', async () => {
    const { logs } = await startApp({
      imports: [
        DatabaseModule.forRoot({ url: ':memory:' }),
        DatabaseModule.forRoot({ name: 'reports', url: ':memory:' }),
      ],
    });

    expect(logs.of('warn')).toEqual([expect.stringMatching(/SIGTERM.*app\.enableShutdownHooks\(\)/)]);
  });

  it('does not warn when somebody listens', async () => {
    const { logs } = await startApp(
      { imports: [DatabaseModule.forRoot({ url: ':memory:' })] },
      { configure: (app) => app.enableShutdownHooks() },
    );

    expect(logs.of('warn')).toEqual([]);
  });
});

describe('an injectable of the app', () => {
  it('may keep a view of a lazy connection from its constructor on', async () => {
    @Injectable()
    class Repository {
      constructor(readonly db: DatabaseConnection) {}
    }

    const { app } = await startApp({
      imports: [DatabaseModule.forRoot({ url: ':memory:', lazy: true })],
      providers: [Repository],
    });

    expect((await app.get(Repository).db.execute('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});
