import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post, UseInterceptors, type ModuleMetadata } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/libsql/web';
import { getEventListeners } from 'node:events';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { defer, firstValueFrom } from 'rxjs';
import { AmbientDeadline, narrowToAmbient, runWithinDeadline } from '../../lib/database/ambient-deadline.js';
import {
  createConnection,
  DatabaseConnection,
  DatabaseDeadlineInterceptor,
  DatabaseError,
  DatabaseExceptionFilter,
  DatabaseHealthIndicator,
  DatabaseModule,
  type DatabaseHealth,
  withoutRequestDeadline,
} from '../../lib/index.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { startApp, type StartedApp } from './support/app.js';

let server: SqldServer;
let proxy: FaultProxy;
beforeAll(async () => {
  server = await startSqld();
});
beforeEach(async () => {
  proxy = await startFaultProxy(server.url);
});
afterEach(() => proxy.close());
afterAll(() => server.stop());

/** How the work of a request ended, whoever was there to be told. */
let ended: Promise<unknown>;
const endOf = (work: Promise<unknown>): Promise<unknown> =>
  (ended = work.then(
    (value) => value,
    (error: unknown) => error,
  ));

@Controller()
class TasksController {
  constructor(private readonly db: DatabaseConnection) {}

  @Get('read')
  read() {
    return rethrow(endOf(this.db.execute('SELECT 1 AS one').then(({ rows }) => rows)));
  }

  @Get('orm')
  orm() {
    return rethrow(endOf(drizzle(this.db).run(sql`SELECT 1`)));
  }

  @Get('transaction')
  transaction() {
    const work = this.db.withTransaction(async (tx) => {
      await tx.execute('SELECT 1');
      return sleep(5_000, undefined, { ref: false });
    });
    return rethrow(endOf(work));
  }

  @Get('twice')
  async twice() {
    await this.db.execute('SELECT 1').catch(() => undefined);
    return rethrow(endOf(this.db.execute('INSERT INTO tasks VALUES (2)')));
  }

  @Post('write')
  write() {
    return rethrow(endOf(this.db.execute('INSERT INTO tasks VALUES (1)')));
  }

  @Get('short')
  @UseInterceptors(new DatabaseDeadlineInterceptor({ timeoutMs: 150 }))
  short() {
    return this.read();
  }

  @Get('long')
  @UseInterceptors(new DatabaseDeadlineInterceptor({ timeoutMs: 60_000 }))
  long() {
    return this.read();
  }

  @Get('detached')
  detached() {
    const work = async (): Promise<unknown> => {
      await sleep(600);
      return (await this.db.execute('SELECT 1 AS one')).rows;
    };
    void withoutRequestDeadline(() => endOf(work()));
    return 'answered';
  }

  @Get('forgotten')
  forgotten() {
    const work = async (): Promise<unknown> => {
      await sleep(600);
      return this.db.execute('SELECT 1 AS one');
    };
    void endOf(work());
    return 'answered';
  }
}

async function rethrow(work: Promise<unknown>): Promise<unknown> {
  const value = await work;
  if (value instanceof Error) throw value;
  return value;
}

const start = async (timeoutMs?: number, metadata: ModuleMetadata = {}): Promise<StartedApp> =>
  startApp(
    {
      imports: [DatabaseModule.forRoot({ url: proxy.url, shutdownTimeoutMs: 200 })],
      controllers: [TasksController],
      ...metadata,
    },
    {
      listen: true,
      configure: (app) =>
        app
          .useGlobalInterceptors(
            new DatabaseDeadlineInterceptor(timeoutMs === undefined ? {} : { timeoutMs }),
          )
          .useGlobalFilters(new DatabaseExceptionFilter()),
    },
  );

/** Asks as a client that will disconnect; `fetch` would open another connection at once and keep it. */
const leave = (url: string, signal: AbortSignal, method = 'GET'): Promise<void> =>
  new Promise((resolve, reject) => {
    request(url, { method, signal, agent: false }, () => resolve())
      .on('error', reject)
      .end();
  });

describe('a client that disconnects', () => {
  it.each(['read', 'orm', 'transaction'])('ends a call that waits at once (%s)', async (path) => {
    const { url } = await start();
    if (path !== 'transaction') proxy.inject({ kind: 'blackhole' });
    const client = new AbortController();
    const before = performance.now();
    const asking = leave(`${url}/${path}`, client.signal);
    await sleep(300);
    client.abort();
    await expect(asking).rejects.toThrow();
    const end = await ended;

    expect(performance.now() - before).toBeLessThan(3_300);
    expect(findKind(end)).toBe('aborted');
  });

  it('has further calls of its request refused before they are sent', async () => {
    const { url, app } = await start();
    await app.get(DatabaseConnection).executeMultiple('DROP TABLE IF EXISTS tasks; CREATE TABLE tasks (n)');
    proxy.inject({ kind: 'blackhole' }, { requests: 1 });
    const client = new AbortController();
    const asking = leave(`${url}/twice`, client.signal).catch(() => undefined);
    await sleep(300);
    client.abort();
    await asking;
    for (let i = 0; i < 200 && ended === undefined; i++) await sleep(20);

    expect(await ended).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
    expect((await app.get(DatabaseConnection).execute('SELECT n FROM tasks')).rows).toEqual([]);
  });

  it('leaves a write that was sent its honest outcome', async () => {
    const { url, app } = await start();
    const db = app.get(DatabaseConnection);
    await db.executeMultiple('DROP TABLE IF EXISTS tasks; CREATE TABLE tasks (n)');
    proxy.inject({ kind: 'delay', upMs: 0, downMs: 2_000 }, { requests: 1 });
    const client = new AbortController();
    const asking = leave(`${url}/write`, client.signal, 'POST').catch(() => undefined);
    await sleep(500);
    client.abort();
    await asking;

    expect(await ended).toMatchObject({ kind: 'aborted', outcome: 'unknown' });
    expect((await db.execute('SELECT n FROM tasks')).rows).toEqual([{ n: 1 }]);
  });

  beforeEach(() => {
    ended = undefined as unknown as Promise<unknown>;
  });
});

describe('a request whose time is over', () => {
  it.each(['read', 'orm', 'transaction'])('is answered with 503 and Retry-After (%s)', async (path) => {
    const { ask } = await start(300);
    if (path !== 'transaction') proxy.inject({ kind: 'blackhole' });
    const before = performance.now();

    const { status, headers, body } = await ask(`/${path}`);

    expect(performance.now() - before).toBeLessThan(3_300);
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    expect((body as { code: string }).code).toMatch(/TIMEOUT/);
  });

  it('has further calls refused before they are sent', async () => {
    const { ask, app } = await start(300);
    await app.get(DatabaseConnection).executeMultiple('DROP TABLE IF EXISTS tasks; CREATE TABLE tasks (n)');
    proxy.inject({ kind: 'blackhole' }, { requests: 1 });

    expect(await ask('/twice')).toMatchObject({ status: 503 });
    expect(await ended).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
    expect((await app.get(DatabaseConnection).execute('SELECT n FROM tasks')).rows).toEqual([]);
  });

  it('is the shorter of two interceptors, in either order', async () => {
    const { ask } = await start(400);
    proxy.inject({ kind: 'blackhole' });
    const before = performance.now();

    await ask('/short');
    const shortMs = performance.now() - before;
    await ask('/long');

    expect(shortMs).toBeGreaterThan(140);
    expect(performance.now() - before).toBeLessThan(4_000);
  });
});

describe('a request in time', () => {
  it('is answered as without the interceptor', async () => {
    const { ask } = await start(5_000);

    expect(await ask('/read')).toMatchObject({ status: 200, body: [{ one: 1 }] });
  });

  it('does not bind what runs in withoutRequestDeadline()', async () => {
    const { ask } = await start(300);

    expect(await ask('/detached')).toMatchObject({ status: 200, body: 'answered' });
    expect(await ended).toEqual([{ one: 1 }]);
  });

  it('binds what outlives it otherwise', async () => {
    const { ask } = await start(300);

    expect(await ask('/forgotten')).toMatchObject({ status: 200 });
    expect(await ended).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
  });

  it('does not end a health check that others wait for', async () => {
    const { app } = await start();
    const indicator = app.get(DatabaseHealthIndicator);
    const client = new AbortController();
    proxy.inject({ kind: 'delay', upMs: 0, downMs: 500 }, { requests: 1 });
    const ping = (): Promise<{ main: DatabaseHealth }> => indicator.pingCheck('main', { timeoutMs: 9_000 });

    const asked = runWithinDeadline(new AmbientDeadline(9_000, client.signal), ping);
    const joined = ping();
    client.abort();

    expect(await Promise.all([asked, joined])).toMatchObject([
      { main: { status: 'up' } },
      { main: { status: 'up' } },
    ]);
  });

  it('that opens a lazy connection does not bind the opening', async () => {
    let release = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (release = resolve));
    const { ask, app } = await start(300, {
      imports: [
        DatabaseModule.forRoot({
          url: proxy.url,
          lazy: true,
          async onConnectionCreate(connection) {
            await waiting;
            await connection.execute('SELECT 1');
          },
        }),
      ],
    });
    const first = await ask('/read');
    release();
    await app.get(DatabaseConnection).execute('SELECT 1');

    expect(first.status).toBe(503);
    expect(app.get(DatabaseConnection).status().state).toBe('open');
  });
});

describe('the deadline around a call', () => {
  it('holds on to the signal of a connection no longer than calls run', () => {
    const connection = new AbortController();
    const listeners = (): number => getEventListeners(connection.signal, 'abort').length;
    const deadline = new AmbientDeadline(1_000, new AbortController().signal);
    const signal = runWithinDeadline(deadline, () => {
      deadline.hold();
      narrowToAmbient({ timeoutMs: 50, expiresAt: 0, signal: connection.signal });
      return narrowToAmbient({ timeoutMs: 50, expiresAt: 0, signal: connection.signal }).signal;
    });
    const counts = [listeners()];
    deadline.end();
    counts.push(listeners());
    deadline.release();
    counts.push(listeners());

    expect(counts).toEqual([1, 1, 0]);
    expect(signal?.aborted).toBe(false);
  });
});

function findKind(error: unknown): string | undefined {
  const found = error instanceof DatabaseError ? error : (error as Error).cause;
  return found instanceof DatabaseError ? found.kind : undefined;
}

describe('a client that was gone before the interceptor', () => {
  it('gets no call sent', async () => {
    const db = createConnection({ url: proxy.url });
    await db.open();
    const { requests } = proxy.counts;
    const gone = { destroyed: true, writableFinished: false, once: () => undefined };
    const context = { getType: () => 'http', switchToHttp: () => ({ getResponse: () => gone }) };
    const handler = { handle: () => defer(() => db.execute('SELECT 1')) };
    const answer = new DatabaseDeadlineInterceptor().intercept(context as never, handler);
    const failure = await firstValueFrom(answer).catch((error: unknown) => error);
    const sent = proxy.counts.requests - requests;
    await db.close();

    expect(failure).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
    expect(sent).toBe(0);
  });
});
