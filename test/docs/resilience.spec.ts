import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createConnection,
  DatabaseConnection,
  DatabaseExceptionFilter,
  DatabaseHealthIndicator,
  DatabaseModule,
  type DatabaseModuleOptions,
} from '../../lib/index.js';
import { startApp, type StartedApp } from '../nest/support/app.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createTempDatabase } from '../support/temp-database.js';
import { pageOf } from './pages.js';

@Controller()
class OutageController {
  constructor(
    private readonly db: DatabaseConnection,
    private readonly health: HealthCheckService,
    private readonly database: DatabaseHealthIndicator,
  ) {}

  @Get('health/live')
  live() {
    return this.health.check([]);
  }

  @Get('health/ready')
  ready() {
    return this.health.check([() => this.database.pingCheck('database')]);
  }

  @Get('tasks')
  async read() {
    return (await this.db.execute('SELECT count(*) AS tasks FROM tasks')).rows;
  }

  @Post('tasks')
  async add() {
    return (await this.db.execute("INSERT INTO tasks VALUES ('a')")).rowsAffected;
  }
}

let server: SqldServer;
beforeAll(async () => {
  server = await startSqld();
  const db = createConnection({ url: server.url });
  await db.execute('CREATE TABLE tasks (title TEXT)');
  await db.close();
});
afterAll(() => server.stop());

describe('docs/resilience.md tells what happens', () => {
  it('in an outage', async () => {
    await using proxy = await startFaultProxy(server.url);
    const room = await startRoom(proxy);

    const before = [await room.tell('POST /tasks'), await room.tell('GET /health/ready')];
    proxy.inject({ kind: 'reset-after-forward' }, { requests: 1 });
    const cut = [await room.tell('POST /tasks')];
    await proxy.refuse();
    await sleep(1_100);
    const down = [
      await room.tell('POST /tasks'),
      await room.tell('GET /tasks'),
      await room.tell('GET /health/ready'),
      await room.tell('GET /health/live'),
    ];
    const db = room.app.get(DatabaseConnection);
    const boot = room.logged().length;
    while (db.status().breaker?.state === 'closed') await room.tell('GET /tasks');
    await sleep(1_100);
    const open = [
      ...room.logged().slice(boot),
      await room.tell('POST /tasks'),
      await room.tell('GET /health/ready'),
      tellStatus(db),
    ];
    const told = room.logged().length;
    await proxy.accept();
    await sleep(1_100);
    const back = [
      await room.tell('GET /tasks'),
      await room.tell('GET /health/ready'),
      ...room.logged().slice(told),
    ];

    expectTold('before', before);
    expectTold('cut', cut);
    expectTold('down', down);
    expectTold('open', open);
    expectTold('back', back);
  });

  it('when the server hangs', async () => {
    await using proxy = await startFaultProxy(server.url);
    const room = await startRoom(proxy, { queryTimeoutMs: 500, shutdownTimeoutMs: 200 });
    proxy.inject({ kind: 'blackhole' });

    expectTold('hangs', [
      await room.tell('GET /tasks'),
      await room.tell('POST /tasks'),
      await room.tell('GET /health/ready'),
    ]);
  });

  it('when the app boots degraded', async () => {
    await using proxy = await startFaultProxy(server.url);
    await proxy.refuse();
    const room = await startRoom(proxy, { onUnavailable: 'degraded' });
    const boot = room.logged();
    const down = [await room.tell('GET /tasks'), await room.tell('GET /health/ready')];
    await proxy.accept();
    for (let i = 0; i < 500 && room.logs.of('log').length === 0; i++) await sleep(20);
    const opened = room.logged().slice(boot.length);
    const open = [await room.tell('GET /tasks')];

    expectTold('degraded', [...boot, ...down, ...opened, ...open]);
  });

  it('when the app boots on its fallback', async () => {
    await using proxy = await startFaultProxy(server.url);
    await proxy.refuse();
    const { url } = await createTempDatabase('fallback.db');
    const room = await startRoom(proxy, {
      onUnavailable: 'fallback',
      fallback: { url },
      bootTimeoutMs: 200,
    });

    expectTold('fallback', [...room.logged(), await room.tell('GET /health/ready')]);
  });
});

interface Room extends StartedApp {
  /** A request, its answer and its Retry-After in one line. */
  tell(request: string): Promise<string>;
  /** What the module wrote, without the note about SIGTERM. */
  logged(): string[];
}

async function startRoom(proxy: FaultProxy, options: DatabaseModuleOptions = {}): Promise<Room> {
  const started = await startApp(
    {
      imports: [DatabaseModule.forRoot({ url: proxy.url, ...options }), TerminusModule],
      controllers: [OutageController],
    },
    { listen: true, configure: (app) => app.useGlobalFilters(new DatabaseExceptionFilter()) },
  );
  const tell = async (request: string): Promise<string> => {
    const [method = '', path = ''] = request.split(' ');
    const { status, headers, body } = await started.ask(path, { method });
    const details = (body as { details?: unknown }).details;
    const retryAfter = headers.get('retry-after');
    const wait = retryAfter === null ? '' : ` Retry-After: ${retryAfter}`;
    return `${request} -> ${status}${wait} ${JSON.stringify(details ?? body)}`;
  };
  const logged = (): string[] =>
    started.logs.lines
      .filter(({ context, text }) => context === 'DatabaseModule' && !text.includes('SIGTERM'))
      .map(({ level, text }) => `${level.toUpperCase()} ${text}`);
  return { ...started, tell, logged };
}

/** What changes during an outage. */
function tellStatus(db: DatabaseConnection): string {
  const { state, inFlight, waiting, attempts, retries, timeouts, breaker, lastError } = db.status();
  const told = { state, inFlight, waiting, attempts, retries, timeouts, breaker, lastError };
  return `connection.status() -> ${JSON.stringify(told)}`;
}

/** Compares with the block behind the mark; numbers, paths and moments differ from run to run. */
function expectTold(mark: string, lines: string[]): void {
  const [, behind = ''] = pageOf('docs/resilience.md').text.split(`<!-- run: ${mark} -->`);
  const [, block = ''] = /^\s*```text\n([^]*?)\n```/.exec(behind) ?? [];
  expect(block.split('\n').map(normalise)).toEqual(lines.map(normalise));
}

function normalise(line: string): string {
  return line
    .replace(/"(since|at)":"[^"]+"/, '"$1":"…"')
    .replace(/"(attempts|retries|failures|retryAfterMs)":\d+/g, '"$1":N')
    .replace(/answer \d+ calls/, 'answer N calls')
    .replace(/\S+fallback\.db/g, 'fallback.db')
    .replace(/\d+ attempts? in/, 'N attempts in')
    .replace(/\d+(\.\d+)?( s| ms)/g, 'N$2')
    .replace(/:\d{4,5}\b/g, ':N')
    .replace(/"latencyMs":[\d.]+/, '"latencyMs":N')
    .replace(/"tasks":\d+/, '"tasks":N')
    .replace(/Retry-After: \d/, 'Retry-After: N');
}
