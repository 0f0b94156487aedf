import { beforeAll, afterAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Module, Post } from '@nestjs/common';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createConnection,
  DatabaseConnection,
  DatabaseExceptionFilter,
  DatabaseHealthIndicator,
  DatabaseModule,
  type DatabaseHealth,
} from '../../lib/index.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { findFreePort } from '../../lib/testing/server/find-free-port.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createTempDatabase } from '../support/temp-database.js';
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
    const up = await indicator.pingCheck('database', { cacheForMs: 0 });

    expect([down.database.status, up.database.status]).toEqual(['down', 'up']);
  });

  it('says that the circuit breaker is open, until the server is back', async () => {
    await using proxy = await startFaultProxy(server.url);
    const { app } = await startApp({
      imports: [DatabaseModule.forRoot({ url: proxy.url, authToken: tokenOf(), maxAttempts: 1 })],
    });
    const indicator = app.get(DatabaseHealthIndicator);
    await proxy.refuse();
    for (let n = 0; n < 5; n++)
      await app
        .get(DatabaseConnection)
        .ping()
        .catch(() => undefined);
    const down = await indicator.pingCheck('database', { cacheForMs: 0 });
    await proxy.accept();
    const up = await indicator.pingCheck('database', { cacheForMs: 0 });

    expect(down.database).toMatchObject({ status: 'down', code: 'ECONNREFUSED', breaker: 'open' });
    expect(up.database).toEqual({
      status: 'up',
      backend: 'turso',
      state: 'open',
      latencyMs: expect.any(Number),
    });
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

describe('many checks', () => {
  const startProxied = async (proxyUrl: string) => {
    const { app } = await startApp({
      imports: [DatabaseModule.forRoot({ url: proxyUrl, authToken: tokenOf(), shutdownTimeoutMs: 100 })],
    });
    return { indicator: app.get(DatabaseHealthIndicator), db: app.get(DatabaseConnection) };
  };

  it('that come together are one statement', async () => {
    await using proxy = await startFaultProxy(server.url);
    const { indicator } = await startProxied(proxy.url);
    const before = proxy.counts.requests;

    const answers = await Promise.all(Array.from({ length: 50 }, () => indicator.pingCheck('main')));

    expect(new Set(answers.map(({ main }) => main.status))).toEqual(new Set(['up']));
    expect(proxy.counts.requests - before).toBe(1);
  });

  it('ten a second are one statement a second', async () => {
    await using proxy = await startFaultProxy(server.url);
    const { indicator } = await startProxied(proxy.url);
    const before = proxy.counts.requests;
    const start = performance.now();

    for (let i = 0; i < 25; i++) {
      await indicator.pingCheck('main');
      await sleep(100);
    }

    const seconds = (performance.now() - start) / 1000;
    expect(proxy.counts.requests - before).toBeGreaterThan(1);
    expect(proxy.counts.requests - before).toBeLessThanOrEqual(Math.ceil(seconds));
  });

  it('share the failure too', async () => {
    await using proxy = await startFaultProxy(server.url);
    const { indicator } = await startProxied(proxy.url);
    proxy.inject({ kind: 'respond', status: 503 });
    const before = proxy.counts.requests;

    for (let i = 0; i < 5; i++) {
      expect((await indicator.pingCheck('main')).main).toMatchObject({ status: 'down', code: 'HTTP_503' });
    }

    expect(proxy.counts.requests - before).toBe(1);
  });

  it('are a statement each with cacheForMs 0', async () => {
    await using proxy = await startFaultProxy(server.url);
    const { indicator } = await startProxied(proxy.url);
    const before = proxy.counts.requests;

    for (let i = 0; i < 3; i++) await indicator.pingCheck('main', { cacheForMs: 0 });

    expect(proxy.counts.requests - before).toBe(3);
  });

  it('keep their own timeouts: the patient one gets the answer that the hasty one did not wait for', async () => {
    await using proxy = await startFaultProxy(server.url);
    const { indicator } = await startProxied(proxy.url);
    proxy.inject({ kind: 'delay', upMs: 0, downMs: 1_000 });
    const before = proxy.counts.requests;

    const [hasty, patient] = await Promise.all([
      indicator.pingCheck('main', { timeoutMs: 100 }),
      indicator.pingCheck('main', { timeoutMs: 9_000 }),
    ]);

    expect([hasty.main, patient.main]).toMatchObject([
      { status: 'down', code: 'TIMEOUT' },
      { status: 'up', latencyMs: expect.any(Number) },
    ]);
    expect(proxy.counts.requests - before).toBe(1);
  });

  it('do not serve an answer from before a close', async () => {
    await using proxy = await startFaultProxy(server.url);
    const { indicator, db } = await startProxied(proxy.url);
    const open = await indicator.pingCheck('main');
    await db.close();
    const closed = await indicator.pingCheck('main');

    expect([open.main, closed.main]).toMatchObject([
      { status: 'up' },
      { status: 'down', code: 'CLIENT_CLOSED', state: 'closed' },
    ]);
  });

  it('of two connections are a statement each', async () => {
    const { app } = await startApp({
      imports: [
        DatabaseModule.forRoot({ url: ':memory:' }),
        DatabaseModule.forRoot({
          name: 'audit',
          url: `http://127.0.0.1:${await findFreePort()}`,
          lazy: true,
        }),
      ],
    });
    const indicator = app.get(DatabaseHealthIndicator);

    const [main, audit] = await Promise.all([
      indicator.pingCheck('x'),
      indicator.pingCheck('x', { connection: 'audit' }),
    ]);

    expect([main.x.status, audit.x.status]).toEqual(['up', 'down']);
  });
});

describe('an app that booted without its database', () => {
  it('is up and degraded with the code, asks nothing, and is open when the database has come', async () => {
    await using proxy = await startFaultProxy(server.url);
    await proxy.refuse();
    const { ask, app, logs } = await startApp(
      {
        imports: [
          DatabaseModule.forRoot({ url: proxy.url, authToken: tokenOf(), onUnavailable: 'degraded' }),
          TerminusModule,
        ],
        controllers: [HealthController],
      },
      { listen: true },
    );

    const { status, body } = await ask('/health/ready');

    expect(status).toBe(200);
    expect((body as { details: object }).details).toEqual({
      database: {
        status: 'up',
        backend: 'turso',
        state: 'degraded',
        code: 'ECONNREFUSED',
        message: 'The database was not there at boot and is tried again',
        since: app.get(DatabaseConnection).status().since.toISOString(),
      },
    });
    expect(logs.of('warn')[0]).toContain('the app starts degraded');
    expect(logs.of('log')).toEqual([]);

    await proxy.accept();
    for (let i = 0; i < 500 && logs.of('log').length === 0; i++) await sleep(20);
    expect(logs.of('log')).toEqual([expect.stringMatching(/^database: opened after \d+ s/)]);
    expect((await ask('/health/ready')).body).toMatchObject({ details: { database: { state: 'open' } } });
  });

  it('answers requests with 503 and Retry-After', async () => {
    @Controller()
    class TasksController {
      constructor(private readonly db: DatabaseConnection) {}

      @Post('tasks')
      add() {
        return this.db.execute("INSERT INTO tasks VALUES ('a')");
      }
    }
    const url = `http://127.0.0.1:${await findFreePort()}`;
    const { ask } = await startApp(
      {
        imports: [DatabaseModule.forRoot({ url, onUnavailable: 'degraded' })],
        controllers: [TasksController],
      },
      { listen: true, configure: (app) => app.useGlobalFilters(new DatabaseExceptionFilter()) },
    );

    const { status, headers, body } = await ask('/tasks', { method: 'POST' });

    expect([status, headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^[1-5]$/)]);
    expect(body).toMatchObject({ code: 'DEGRADED', message: expect.stringContaining('nothing was changed') });
  });

  it('is up and degraded on its fallback, whose latency it tells', async () => {
    const { path, url } = await createTempDatabase();
    const { app, logs } = await startApp({
      imports: [
        DatabaseModule.forRoot({
          url: `http://127.0.0.1:${await findFreePort()}`,
          bootTimeoutMs: 200,
          onUnavailable: 'fallback',
          fallback: { url },
        }),
      ],
    });

    const { main } = await app.get(DatabaseHealthIndicator).pingCheck('main');

    expect(main).toEqual({
      status: 'up',
      backend: 'sqlite',
      state: 'degraded',
      code: 'ECONNREFUSED',
      message: 'The fallback serves in place of the database',
      since: expect.any(String),
      latencyMs: expect.any(Number),
    });
    expect(logs.of('warn').join('\n')).toContain(`THE FALLBACK ${path} SERVES`);
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

  it('is a 503 from the beginning of a shutdown on, on new connections too, while a slow request finishes', async () => {
    @Controller()
    class SlowController {
      constructor(private readonly db: DatabaseConnection) {}

      @Get('slow')
      async read() {
        await sleep(1_000);
        return (await this.db.execute('SELECT 1 AS one')).rows;
      }
    }
    @Injectable()
    class SlowHook {
      onModuleDestroy() {
        return sleep(300);
      }
    }
    @Module({ providers: [SlowHook] })
    class DeepModule {}
    const { app, ask } = await startApp(
      {
        imports: [DatabaseModule.forRoot({ url: ':memory:' }), TerminusModule, DeepModule],
        controllers: [HealthController, SlowController],
        providers: [SlowHook],
      },
      { listen: true },
    );
    const slow = ask('/slow');
    await sleep(100);

    const closing = app.close();
    const close = { headers: { connection: 'close' } };
    const atOnce = await ask('/health/ready', close);
    await sleep(600);
    const later = await ask('/health/ready', close);

    expect([atOnce, later]).toMatchObject([
      { status: 503, body: { error: { database: { state: 'draining', code: 'DRAINING' } } } },
      { status: 503, body: { error: { database: { state: 'draining', code: 'DRAINING' } } } },
    ]);
    expect(await slow).toMatchObject({ status: 200, body: [{ one: 1 }] });
    await closing;
    await expect(ask('/health/ready', close)).rejects.toThrow();
  });
});
