import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  BadRequestException,
  Body,
  Catch,
  Controller,
  Get,
  HttpException,
  Logger,
  NotFoundException,
  Post,
  Res,
  UseFilters,
  type ArgumentsHost,
  type ExceptionFilter,
  type ModuleMetadata,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/libsql/web';
import { isObservable, lastValueFrom, type Observable } from 'rxjs';
import type { ServerResponse } from 'node:http';
import {
  createConnection,
  DatabaseConnection,
  DatabaseError,
  DatabaseExceptionFilter,
  DatabaseModule,
} from '../../lib/index.js';
import { failureOf } from '../contract/facts.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { startSqld } from '../support/sqld-server.js';
import { startApp, type StartedApp, type StartOptions } from './support/app.js';

const secret = 'hunter2@example.org';

@Controller()
class BooksController {
  constructor(private readonly db: DatabaseConnection) {}

  @Post('sql')
  run(@Body() body: { sql: string; args?: string[]; timeoutMs?: number }) {
    return this.db.execute({ args: [], ...body });
  }

  @Get('sql')
  read() {
    return this.db.execute({ sql: 'SELECT 1', timeoutMs: 200 });
  }

  @Post('drizzle')
  insert() {
    return drizzle(this.db).run(sql`INSERT INTO books (name) VALUES (${secret})`);
  }

  @Get('busy')
  busy() {
    throw new DatabaseError('busy', {
      code: 'SQLITE_BUSY',
      kind: 'busy',
      outcome: 'not-applied',
      retryAfterMs: 2_100,
    });
  }

  @Get('chosen')
  chosen() {
    const cause = new DatabaseError('no', { code: 'X', kind: 'internal', outcome: 'not-applied' });
    throw new NotFoundException('no such book', { cause });
  }

  @Get('other')
  other() {
    throw new Error(`something of ${secret}`);
  }

  @Get('bad')
  bad() {
    throw new BadRequestException('a bad request');
  }

  @Get('streamed')
  streamed(@Res() response: ServerResponse) {
    response.write('half');
    throw new DatabaseError('late', { code: 'X', kind: 'internal', outcome: 'unknown' });
  }
}

const globally: StartOptions = {
  listen: true,
  configure: (app) => app.useGlobalFilters(new DatabaseExceptionFilter()),
};

const start = async (metadata: ModuleMetadata = {}, options = globally): Promise<StartedApp> => {
  const started = await startApp(
    {
      ...metadata,
      imports: [
        DatabaseModule.forRoot({
          url: ':memory:',
          async onConnectionCreate(connection) {
            await connection.executeMultiple(
              'CREATE TABLE books (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, pages INTEGER CHECK (pages > 0)); ' +
                'CREATE TABLE copies (book INTEGER NOT NULL REFERENCES books);',
            );
            await connection.execute('INSERT INTO books (name) VALUES (?)', [secret]);
          },
        }),
      ],
      controllers: [BooksController],
    },
    options,
  );
  return started;
};

const post = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

describe.each<[string, () => Promise<StartedApp>]>([
  ['app.useGlobalFilters(new DatabaseExceptionFilter())', () => start()],
  [
    'APP_FILTER',
    () =>
      start({ providers: [{ provide: APP_FILTER, useClass: DatabaseExceptionFilter }] }, { listen: true }),
  ],
])('the filter by %s', (_way, startWith) => {
  it('answers a violated key with 409 and tells nothing of the rows', async () => {
    const { ask, logs } = await startWith();

    const { status, body } = await ask(
      '/sql',
      post({ sql: 'INSERT INTO books (name) VALUES (?)', args: [secret] }),
    );

    expect(status).toBe(409);
    expect(body).toEqual({
      statusCode: 409,
      error: 'Conflict',
      message: 'A record with the same key exists already',
      code: 'SQLITE_CONSTRAINT',
    });
    expect(logs.of('warn', 'DatabaseExceptionFilter')).toHaveLength(1);
    expect(JSON.stringify(logs.lines)).not.toContain(secret);
  });

  it('leaves every other error to Nest', async () => {
    const { ask } = await startWith();

    expect(await ask('/bad')).toMatchObject({ status: 400, body: { message: 'a bad request' } });
    expect(await ask('/other')).toMatchObject({ status: 500, body: { message: 'Internal server error' } });
    expect(await ask('/nowhere')).toMatchObject({ status: 404 });
  });
});

describe('the filter', () => {
  it.each([
    ['a missing value', 'INSERT INTO books (name) VALUES (NULL)', 400],
    ['a value that a check refuses', "INSERT INTO books (name, pages) VALUES ('a', 0)", 400],
    ['a row that refers to nothing', 'INSERT INTO copies VALUES (77)', 409],
    ['a primary key twice', "INSERT INTO books (id, name) VALUES (1, 'b')", 409],
  ])('answers %s', async (_what, sql, statusCode) => {
    const { ask } = await start();

    expect(await ask('/sql', post({ sql }))).toMatchObject({
      status: statusCode,
      body: { statusCode, code: 'SQLITE_CONSTRAINT' },
    });
  });

  it('answers a mistake in the SQL with 500, and writes it to the log with its stack, once', async () => {
    const { ask, logs } = await start();

    const { status, body } = await ask('/sql', post({ sql: 'SELECT * FROM missing_table' }));

    expect(status).toBe(500);
    expect(body).toEqual({
      statusCode: 500,
      error: 'Internal Server Error',
      message: 'Internal server error',
      code: 'SQLITE_ERROR',
    });
    const errors = logs.lines.filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      context: 'DatabaseExceptionFilter',
      text: expect.stringMatching(/no such table: missing_table[^]*\n\s+at /),
    });
  });

  it('finds the error that an ORM wrapped, and writes none of its bound values down', async () => {
    const { ask, logs } = await start();

    const { status, body } = await ask('/drizzle', { method: 'POST' });

    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'SQLITE_CONSTRAINT' });
    expect(JSON.stringify([logs.lines, body])).not.toContain(secret);
  });

  it('says when to come back, in whole seconds', async () => {
    const { ask } = await start();

    const { status, headers } = await ask('/busy');

    expect([status, headers.get('retry-after')]).toEqual([503, '3']);
  });

  it('leaves an HttpException alone that has such a cause', async () => {
    const { ask, logs } = await start();

    expect(await ask('/chosen')).toMatchObject({ status: 404, body: { message: 'no such book' } });
    expect(logs.of('error', 'DatabaseExceptionFilter')).toEqual([]);
  });

  it('does not stand before other filters of the app', async () => {
    @Catch(HttpException)
    class TeapotFilter implements ExceptionFilter {
      catch(_exception: unknown, host: ArgumentsHost) {
        host
          .switchToHttp()
          .getResponse<{ status(code: number): { send(body: unknown): void } }>()
          .status(418)
          .send({});
      }
    }
    const { ask } = await start(
      {},
      {
        listen: true,
        configure: (app) => app.useGlobalFilters(new TeapotFilter(), new DatabaseExceptionFilter()),
      },
    );

    expect((await ask('/bad')).status).toBe(418);
    expect((await ask('/busy')).status).toBe(503);
  });

  it('works on one controller alone', async () => {
    @Controller('other')
    @UseFilters(DatabaseExceptionFilter)
    class FilteredController {
      @Get()
      read() {
        throw new DatabaseError('busy', { code: 'SQLITE_BUSY', kind: 'busy', outcome: 'not-applied' });
      }
    }
    const { ask } = await startApp({ controllers: [FilteredController] }, { listen: true });

    expect((await ask('/other')).status).toBe(503);
  });

  it('ends an answer that has begun', async () => {
    const { url } = await start();

    const response = await fetch(`${url}/streamed`);

    expect([response.status, await response.text()]).toEqual([200, 'half']);
  });

  it('uses the response of Fastify as it does that of Express', () => {
    const calls: unknown[] = [];
    const reply = {
      raw: { headersSent: false, end: () => undefined },
      header: (...parts: unknown[]) => (calls.push(parts), reply),
      status: (code: number) => (calls.push(code), reply),
      send: (body: unknown) => calls.push(body),
    };

    new DatabaseExceptionFilter().catch(busy, hostOf('http', { method: 'GET' }, reply));

    expect(calls).toEqual([['Retry-After', '1'], 503, expect.objectContaining({ statusCode: 503 })]);
  });

  it('hands a clean error to GraphQL and a clean stream to a microservice', async () => {
    const filter = new DatabaseExceptionFilter();

    const forGraphql = filter.catch(busy, hostOf('graphql'));
    const forRpc = filter.catch(busy, hostOf('rpc'));

    expect(forGraphql).toMatchObject({ status: 503, message: expect.stringContaining('not available') });
    expect(isObservable(forRpc)).toBe(true);
    await expect(lastValueFrom(forRpc as Observable<never>)).rejects.toMatchObject({ status: 503 });
  });

  it('writes one of the calls that an outage refused unsent in ten seconds, and counts the others', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const now = jest.spyOn(performance, 'now').mockReturnValue(1_000);
    const filter = new DatabaseExceptionFilter();
    const refuse = (code: string) =>
      filter.catch(
        new DatabaseError('not sent', { code, kind: 'unavailable', outcome: 'not-applied' }),
        hostOf('graphql'),
      );

    for (let call = 0; call < 50; call++) refuse(call % 2 === 0 ? 'CIRCUIT_OPEN' : 'DEGRADED');
    const soon = warn.mock.calls.length;
    now.mockReturnValue(11_000);
    refuse('CIRCUIT_OPEN');
    refuse('ECONNREFUSED');
    refuse('ECONNREFUSED');
    const lines = warn.mock.calls.map(([line]) => line as string);
    jest.restoreAllMocks();

    expect(soon).toBe(1);
    expect(lines).toEqual([
      'CIRCUIT_OPEN: not sent (unavailable, not-applied)',
      'CIRCUIT_OPEN: not sent (unavailable, not-applied); 49 more were refused since the last such line',
      'ECONNREFUSED: not sent (unavailable, not-applied)',
      'ECONNREFUSED: not sent (unavailable, not-applied)',
    ]);
  });

  it('writes a line of its own for each database that refuses calls unsent, and names it', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const filter = new DatabaseExceptionFilter();
    const [one, two] = [1, 2].map((port) =>
      createConnection({ url: `http://127.0.0.1:${port}`, onUnavailable: 'degraded' }),
    ) as [DatabaseConnection, DatabaseConnection];
    await Promise.all([one.open(), two.open()]);
    for (const db of [one, two, one, two])
      filter.catch(await failureOf(db.execute('SELECT 1')), hostOf('graphql'));
    const lines = warn.mock.calls.map(([line]) => line as string);
    jest.restoreAllMocks();
    await Promise.all([one.close(), two.close()]);

    expect(lines).toEqual([
      expect.stringContaining('DEGRADED: turso at 127.0.0.1:1 was not there'),
      expect.stringContaining('DEGRADED: turso at 127.0.0.1:2 was not there'),
    ]);
  });

  it('throws what is no error of the database when somebody calls it', () => {
    const error = new Error('other');

    expect(() => new DatabaseExceptionFilter().catch(error, hostOf('http'))).toThrow(error);
  });
});

describe('the filter in front of a server', () => {
  it.each([
    ['that hangs', { kind: 'blackhole' }, 'TIMEOUT', '1'],
    [
      'that is overloaded',
      { kind: 'respond', status: 429, headers: { 'retry-after': '7' } },
      'HTTP_429',
      '7',
    ],
    ['that is down', { kind: 'respond', status: 503, body: 'maintenance' }, 'HTTP_503', '1'],
  ] as const)('%s answers 503 with Retry-After', async (_what, fault, code, retryAfter) => {
    await using server = await startSqld();
    await using proxy = await startFaultProxy(server.url);
    const { ask } = await startApp(
      {
        imports: [DatabaseModule.forRoot({ url: proxy.url, shutdownTimeoutMs: 100 })],
        controllers: [BooksController],
      },
      globally,
    );
    proxy.inject(fault);

    const { status, headers, body } = await ask('/sql');

    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe(retryAfter);
    expect(body).toMatchObject({ statusCode: 503, error: 'Service Unavailable', code });
  });

  it('does not ask to repeat a POST that may have taken effect', async () => {
    await using server = await startSqld();
    await using proxy = await startFaultProxy(server.url);
    const { ask } = await startApp(
      { imports: [DatabaseModule.forRoot({ url: proxy.url })], controllers: [BooksController] },
      globally,
    );
    proxy.inject({ kind: 'reset-after-forward' });

    const { status, headers, body } = await ask('/sql', post({ sql: 'CREATE TABLE books (name TEXT)' }));

    expect([status, headers.get('retry-after')]).toEqual([503, null]);
    expect(body).toMatchObject({ message: expect.stringContaining('is not known') });
  });

  it('answers a value that is too large with 413', async () => {
    await using server = await startSqld();
    const { ask } = await startApp(
      { imports: [DatabaseModule.forRoot({ url: server.url })], controllers: [BooksController] },
      globally,
    );

    const { status, body } = await ask('/sql', post({ sql: 'SELECT zeroblob(12000000)' }));

    expect(status).toBe(413);
    expect(body).toMatchObject({ statusCode: 413, error: 'Payload Too Large' });
  });
});

let busy: DatabaseError;
beforeAll(() => {
  busy = new DatabaseError('busy', { code: 'SQLITE_BUSY', kind: 'busy', outcome: 'not-applied' });
});

function hostOf(type: string, request: object = {}, response: object = {}): ArgumentsHost {
  return {
    getType: () => type,
    switchToHttp: () => ({ getRequest: () => request, getResponse: () => response }),
  } as unknown as ArgumentsHost;
}
