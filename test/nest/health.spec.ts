import { beforeAll, afterAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable } from '@nestjs/common';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createConnection,
  DatabaseConnection,
  DatabaseHealthIndicator,
  DatabaseModule,
  type DatabaseHealth,
} from '../../lib/index.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { findFreePort } from '../support/free-port.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { startApp } from './support/app.js';

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: DatabaseHealthIndicator,
  ) {}

  @Get('ready')
  ready() {
    return this.health.check([() => this.database.pingCheck('database', { timeoutMs: 300 })]);
  }
}

let server: SqldServer;
beforeAll(async () => {
  server = await startSqld({ jwt: true });
});
afterAll(() => server.stop());

const tokenOf = (): string => server.authToken!;

describe('pingCheck', () => {
  it('answers up with the backend, the state and the latency', async () => {
    const { app } = await startApp({ imports: [DatabaseModule.forRoot({ url: ':memory:' })] });

    const answer = await app.get(DatabaseHealthIndicator).pingCheck('database');

    expect(answer).toEqual({
      database: { status: 'up', backend: 'sqlite', state: 'open', latencyMs: expect.any(Number) },
    });
  });

  it('answers up for a server', async () => {
    const { app } = await startApp({
      imports: [DatabaseModule.forRoot({ url: server.url, authToken: tokenOf() })],
    });

    const { main } = await app.get(DatabaseHealthIndicator).pingCheck('main');

    expect(main).toMatchObject({ status: 'up', backend: 'turso', state: 'open' });
  });

  it('opens a lazy connection', async () => {
    const { app } = await startApp({ imports: [DatabaseModule.forRoot({ url: ':memory:', lazy: true })] });

    const { main } = await app.get(DatabaseHealthIndicator).pingCheck('main');

    expect(main).toMatchObject({ status: 'up', state: 'open' });
  });

  it('checks a connection by its name, also when there are only named ones', async () => {
    const { app } = await startApp({
      imports: [
        DatabaseModule.forRoot({ name: 'reports', url: ':memory:' }),
        DatabaseModule.forRoot({
          name: 'audit',
          url: `http://127.0.0.1:${await findFreePort()}`,
          lazy: true,
        }),
      ],
    });
    const indicator = app.get(DatabaseHealthIndicator);

    const answers = [
      await indicator.pingCheck('a', { connection: 'reports' }),
      await indicator.pingCheck('b', { connection: 'audit' }),
    ];

    expect(answers).toMatchObject([
      { a: { status: 'up', backend: 'sqlite' } },
      { b: { status: 'down', backend: 'turso', code: 'ECONNREFUSED' } },
    ]);
  });

  it('checks a connection that it is given', async () => {
    const { app } = await startApp({ imports: [DatabaseModule.forRoot({ url: ':memory:' })] });
    const connection = createConnection({ url: ':memory:' });
    await connection.close();

    const { other } = await app.get(DatabaseHealthIndicator).pingCheck('other', { connection });

    expect(other).toMatchObject({ status: 'down', code: 'CLIENT_CLOSED', state: 'closed' });
  });

  it('throws for a name that no connection has', async () => {
    const { app } = await startApp({ imports: [DatabaseModule.forRoot({ url: ':memory:' })] });

    await expect(app.get(DatabaseHealthIndicator).pingCheck('x', { connection: 'nobody' })).rejects.toThrow();
  });

  it('is injected into any module', async () => {
    @Injectable()
    class Watcher {
      constructor(readonly indicator: DatabaseHealthIndicator) {}
    }
    const { app } = await startApp({
      imports: [DatabaseModule.forRoot({ url: ':memory:' })],
      providers: [Watcher],
    });

    expect(app.get(Watcher).indicator).toBe(app.get(DatabaseHealthIndicator));
  });

  it.each([
    ['timeoutMs', { timeoutMs: 200 }, 200],
    ['timeout, as Terminus names it', { timeout: 200 }, 200],
    ['a second by default', {}, 1_000],
  ])('answers in time when the server hangs: %s', async (_title, options, expectedMs) => {
    await using proxy = await startFaultProxy(server.url);
    const { app } = await startApp({
      imports: [DatabaseModule.forRoot({ url: proxy.url, authToken: tokenOf(), shutdownTimeoutMs: 100 })],
    });
    proxy.inject({ kind: 'blackhole' });
    const start = performance.now();

    const { database } = await app.get(DatabaseHealthIndicator).pingCheck('database', options);

    const elapsedMs = performance.now() - start;
    expect(database).toEqual({
      status: 'down',
      backend: 'turso',
      state: 'open',
      code: 'TIMEOUT',
      message: 'The database does not answer',
    });
    expect(elapsedMs).toBeGreaterThan(expectedMs - 20);
    expect(elapsedMs).toBeLessThan(expectedMs + 400);
  });

  it('answers in time when the connection itself never settles', async () => {
    const hanging = {
      ping: () => new Promise(() => undefined),
      status: () => ({ backend: 'sqlite', state: 'open' }),
    };
    const { app } = await startApp(
      { imports: [DatabaseModule.forRoot()] },
      { prepare: (builder) => builder.overrideProvider(DatabaseConnection).useValue(hanging) },
    );

    const { database } = await app.get(DatabaseHealthIndicator).pingCheck('database', { timeoutMs: 100 });

    expect(database).toMatchObject({ status: 'down', code: 'TIMEOUT' });
  });

  it.each([
    [
      'the server is gone',
      { kind: 'respond', status: 503, body: 'maintenance of table secrets' },
      'HTTP_503',
    ],
    ['the token is refused', { kind: 'respond', status: 401, body: '{"error":"bad jwt"}' }, 'HTTP_401'],
    [
      'something else answers',
      { kind: 'respond', status: 200, body: '<html>secrets</html>' },
      'HRANA_PROTO_ERROR',
    ],
    ['the connection is reset', { kind: 'reset-after-forward' }, 'ECONNRESET'],
  ] as const)('answers down with a code and a fixed text when %s', async (_title, fault, code) => {
    await using proxy = await startFaultProxy(server.url);
    const { app } = await startApp({
      imports: [DatabaseModule.forRoot({ url: proxy.url, authToken: tokenOf(), shutdownTimeoutMs: 100 })],
    });
    proxy.inject(fault);

    const { database } = await app.get(DatabaseHealthIndicator).pingCheck('database');

    expect(database).toEqual({
      status: 'down',
      backend: 'turso',
      state: 'open',
      code,
      message: 'The database does not answer',
    });
  });

  it('answers up again when the server is back', async () => {
    await using proxy = await startFaultProxy(server.url);
    const { app } = await startApp({
      imports: [DatabaseModule.forRoot({ url: proxy.url, authToken: tokenOf() })],
    });
    const indicator = app.get(DatabaseHealthIndicator);
    await proxy.refuse();
    const down = await indicator.pingCheck('database');
    await proxy.accept();
    const up = await indicator.pingCheck('database');

    expect([down.database.status, up.database.status]).toEqual(['down', 'up']);
  });

  it('leaves no rejected promise behind', async () => {
    const unhandled: unknown[] = [];
    const collect = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', collect);
    const late = {
      ping: () => sleep(80).then(() => Promise.reject(new Error('late'))),
      status: () => ({ backend: 'sqlite', state: 'open' }),
    };
    const { app } = await startApp(
      { imports: [DatabaseModule.forRoot()] },
      { prepare: (builder) => builder.overrideProvider(DatabaseConnection).useValue(late) },
    );
    await app.get(DatabaseHealthIndicator).pingCheck('database', { timeoutMs: 20 });
    await sleep(120);
    process.off('unhandledRejection', collect);

    expect(unhandled).toEqual([]);
  });
});

describe('under Terminus', () => {
  const controllers = [HealthController];

  it('is a 200 with the details', async () => {
    const { ask } = await startApp(
      { imports: [DatabaseModule.forRoot({ url: ':memory:' }), TerminusModule], controllers },
      { listen: true },
    );

    const { status, body } = await ask('/health/ready');

    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'ok', details: { database: { status: 'up', backend: 'sqlite' } } });
  });

  it('is a 503 with a code and a fixed text while the database hangs', async () => {
    await using proxy = await startFaultProxy(server.url);
    const { ask } = await startApp(
      {
        imports: [
          DatabaseModule.forRoot({ url: proxy.url, authToken: tokenOf(), shutdownTimeoutMs: 100 }),
          TerminusModule,
        ],
        controllers,
      },
      { listen: true },
    );
    proxy.inject({ kind: 'blackhole' });

    const { status, body } = await ask('/health/ready');

    expect(status).toBe(503);
    expect(body).toMatchObject({
      status: 'error',
      error: { database: { status: 'down', code: 'TIMEOUT', message: 'The database does not answer' } },
    });
  });

  it('is a 503 while requests finish at shutdown', async () => {
    const seen: DatabaseHealth[] = [];
    @Injectable()
    class Deep {
      constructor(private readonly indicator: DatabaseHealthIndicator) {}
      async beforeApplicationShutdown() {
        seen.push((await this.indicator.pingCheck('database')).database);
      }
    }
    const { app } = await startApp({
      imports: [DatabaseModule.forRoot({ url: ':memory:' })],
      providers: [Deep],
    });

    await app.close();

    expect(seen).toEqual([
      {
        status: 'down',
        backend: 'sqlite',
        state: 'draining',
        code: 'DRAINING',
        message: 'The app is shutting down',
      },
    ]);
  });
});
