import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Injectable, type DynamicModule } from '@nestjs/common';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { inspect } from 'node:util';
import * as exported from '../../lib/index.js';
import { startFaultProxy, type Fault, type FaultProxy } from '../support/fault-proxy.js';
import { findFreePort } from '../../lib/testing/server/find-free-port.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createTempDatabase } from '../support/temp-database.js';
import { failureOfStart, LogCollector, startApp } from './support/app.js';
import { setEnvironment } from './support/environment.js';
import { findSecret, printAll, quotation, secret } from './support/secrets.js';

const { DatabaseConnection, DatabaseExceptionFilter, DatabaseHealthIndicator, DatabaseModule } = exported;
type Connection = exported.DatabaseConnection;
type Options = exported.DatabaseModuleRootOptions;

const encoded = encodeURIComponent(secret);
const quick = { queryTimeoutMs: 300, bootTimeoutMs: 120, shutdownTimeoutMs: 50, maxAttempts: 2 };

/** Where a credential can stand: the options and the variables for a server on this port. */
const plantings: [string, (port: number) => { options: Options; env?: Record<string, string> }][] = [
  [
    'the userinfo of the URL',
    (port) => ({ options: { url: `libsql://${encoded}@127.0.0.1:${port}?tls=0` } }),
  ],
  ['the query of the URL', (port) => ({ options: { url: `http://127.0.0.1:${port}?authToken=${encoded}` } })],
  ['the option', (port) => ({ options: { url: `http://127.0.0.1:${port}`, authToken: secret } })],
  ['a function', (port) => ({ options: { url: `http://127.0.0.1:${port}`, authToken: async () => secret } })],
  [
    'the encryption key',
    (port) => ({ options: { url: `http://127.0.0.1:${port}`, remoteEncryptionKey: secret } }),
  ],
  [
    'the variable of the token',
    (port) => ({
      options: {},
      env: { TURSO_DATABASE_URL: `http://127.0.0.1:${port}`, TURSO_AUTH_TOKEN: secret },
    }),
  ],
  [
    'the variable of the URL',
    (port) => ({ options: {}, env: { DATABASE_URL: `libsql://${encoded}@127.0.0.1:${port}?tls=0` } }),
  ],
];

const answerOf = (error: object): Fault => ({
  kind: 'respond',
  status: 200,
  body: JSON.stringify({ baton: null, base_url: null, results: [{ type: 'error', error }] }),
});
const serverError = (code: string): Fault => answerOf({ code, message: `failed: ${quotation}` });
const status = (code: number): Fault => ({
  kind: 'respond',
  status: code,
  headers: { 'retry-after': '0' },
  body: JSON.stringify({ error: `refused: ${quotation}` }),
});

/** What goes wrong, and the kind of error that it becomes. Each answer quotes the credential in every form. */
const faults: [string, exported.DatabaseErrorKind, Fault][] = [
  ['401', 'auth', status(401)],
  ['403', 'auth', status(403)],
  ['404', 'configuration', status(404)],
  ['413', 'too-large', status(413)],
  ['418', 'internal', status(418)],
  ['429', 'unavailable', status(429)],
  ['500', 'unavailable', status(500)],
  ['503 in plain text', 'unavailable', { kind: 'respond', status: 503, body: quotation }],
  ['a long text', 'unavailable', { kind: 'respond', status: 503, body: `${'x'.repeat(280)}${quotation}` }],
  ['a page', 'unavailable', { kind: 'respond', status: 200, body: `<html>${quotation}</html>` }],
  ['other JSON', 'unavailable', { kind: 'respond', status: 200, body: JSON.stringify({ quotation }) }],
  ['a violated constraint', 'constraint', serverError('SQLITE_CONSTRAINT')],
  ['a lock', 'busy', serverError('SQLITE_BUSY')],
  ['a read-only database', 'read-only', serverError('SQLITE_READONLY')],
  ['a broken database', 'corrupt', serverError('SQLITE_CORRUPT')],
  ['wrong SQL', 'syntax', serverError('SQLITE_UNKNOWN')],
  ['a large answer', 'too-large', serverError('RESPONSE_TOO_LARGE')],
  ['a refused token', 'auth', serverError('AUTH_JWT_INVALID')],
  ['a new code', 'internal', serverError('SOMETHING_NEW')],
  ['silence', 'timeout', { kind: 'blackhole' }],
  ['a reset', 'unavailable', { kind: 'reset-after-forward' }],
  ['an early reset', 'unavailable', { kind: 'reset-before-forward' }],
];

@Controller()
class StatusController {
  constructor(
    private readonly db: Connection,
    private readonly health: HealthCheckService,
    private readonly indicator: exported.DatabaseHealthIndicator,
  ) {}

  @Get('rows')
  async read() {
    return (await this.db.execute({ sql: 'INSERT INTO missing VALUES (?)', args: [secret] })).rows;
  }

  @Get('health')
  @HttpCode(200)
  check() {
    return this.health.check([() => this.indicator.pingCheck('database', { timeoutMs: 200 })]);
  }
}
Reflect.defineMetadata(
  'design:paramtypes',
  [DatabaseConnection, HealthCheckService, DatabaseHealthIndicator],
  StatusController,
);

let server: SqldServer;
let proxy: FaultProxy;
beforeAll(async () => {
  server = await startSqld();
  proxy = await startFaultProxy(server.url);
});
afterAll(async () => {
  await proxy.close();
  await server.stop();
});
beforeEach(() => proxy.clear());

/** The app, its log, and its module as a reader of the source has it. */
async function startPlanted(
  planting: (typeof plantings)[number][1],
  port = proxy.port,
  queryTimeoutMs = 5_000,
) {
  const { options, env = {} } = planting(port);
  setEnvironment(env);
  // this boot has to succeed, also on a slow machine, and calls have to be answered
  const module = DatabaseModule.forRoot({ ...quick, bootTimeoutMs: 20_000, queryTimeoutMs, ...options });
  const started = await startApp(
    { imports: [module, TerminusModule], controllers: [StatusController] },
    { listen: true, configure: (app) => app.useGlobalFilters(new DatabaseExceptionFilter()) },
  );
  return { ...started, module, connection: started.app.get(DatabaseConnection) };
}

const failureOf = async (call: Promise<unknown>): Promise<exported.DatabaseError> => {
  const error = await call.then(() => undefined).catch((reason: unknown) => reason);
  if (error instanceof exported.DatabaseError) return error;
  throw new Error(`expected a DatabaseError, got ${inspect(error)}`);
};

describe.each(plantings)('a credential in %s', (_place, planting) => {
  it('reaches the server and no object that a user can print', async () => {
    const heard: string[] = [];
    proxy.inject({ kind: 'none' }, { when: (request) => heard.push(request) === 0 });
    const { app, module, connection, logs } = await startPlanted(planting);

    const objects: Record<string, unknown> = {
      module,
      connection,
      status: connection.status(),
      view: connection.withOptions({ timeoutMs: 5_000 }),
      transaction: await connection.transaction('read'),
      result: await connection.execute('SELECT 1'),
      indicator: app.get(DatabaseHealthIndicator),
      health: await app.get(DatabaseHealthIndicator).pingCheck('database'),
      moduleInstance: app.get(DatabaseModule),
      exported: { ...exported },
      logs: logs.lines,
    };

    expect(findSecret(heard.join('\n'))).toContain('plain');
    for (const [name, value] of Object.entries(objects)) {
      expect([name, findSecret(printAll(value))]).toEqual([name, []]);
    }
  });

  it.each(faults)('is in no error, log, health answer or response after %s', async (_title, kind, fault) => {
    const queryTimeoutMs = fault.kind === 'blackhole' ? 300 : undefined;
    const { ask, connection, logs } = await startPlanted(planting, proxy.port, queryTimeoutMs);
    proxy.inject(fault);

    const error = await failureOf(connection.execute({ sql: 'SELECT ?', args: [secret] }));
    const [rows, health] = [await ask('/rows'), await ask('/health')];

    expect(error.kind).toBe(kind);
    expect(rows.status).toBeGreaterThanOrEqual(400);
    expect(health.status).toBe(503);
    const printed = [error, rows.body, health.body, logs.lines, connection.status()].map(printAll);
    expect(printed.map(findSecret)).toEqual([[], [], [], [], []]);
    expect(JSON.stringify(health.body)).not.toContain('refused');
  });

  it.each(faults)('is in no error and no log when the boot fails after %s', async (_title, kind, fault) => {
    const { options, env = {} } = planting(proxy.port);
    setEnvironment(env);
    const logs = new LogCollector();
    proxy.inject(fault);

    const error = await failureOfStart(
      { imports: [DatabaseModule.forRoot({ ...quick, ...options })] },
      { logs },
    );

    // a lock, silence and an unreachable server are tried again until the time for the boot is over
    expect([kind, 'timeout']).toContain((error as exported.DatabaseError).kind);
    expect([error, logs.lines].map(printAll).map(findSecret)).toEqual([[], []]);
  });

  it('is in no error and no log when nobody listens', async () => {
    const { options, env = {} } = planting(await findFreePort());
    setEnvironment(env);
    const logs = new LogCollector();

    const error = await failureOfStart(
      { imports: [DatabaseModule.forRoot({ ...quick, ...options })] },
      { logs },
    );

    // the last attempt may also be cut off by the end of the boot's time
    expect(['unavailable', 'timeout']).toContain((error as exported.DatabaseError).kind);
    expect([error, logs.lines].map(printAll).map(findSecret)).toEqual([[], []]);
  });

  it('is in no error of a call that is aborted, closed or misused', async () => {
    const { connection } = await startPlanted(planting);
    const aborted = AbortSignal.abort();
    const lost = await connection.transaction('read');
    await lost.rollback();
    const errors = [
      await failureOf(connection.execute({ sql: 'SELECT 1', signal: aborted })),
      await failureOf(connection.execute('SELECT :missing', {})),
      await failureOf(connection.execute('SELECT * FROM missing')),
      await failureOf(connection.batch(['SELECT 1', 'SELECT * FROM missing'])),
      await failureOf(lost.execute('SELECT 1')),
      await failureOf(connection.sync()),
      await connection.close().then(() => failureOf(connection.execute('SELECT 1'))),
    ];

    expect(errors.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['aborted', 'syntax', 'closed']));
    expect(errors.map(printAll).map(findSecret)).toEqual(errors.map(() => []));
  });
});

describe('a wrong configuration', () => {
  const wrong: [string, Options, Record<string, string>?][] = [
    ['an unknown scheme', { url: `postgres://user:${encoded}@host/db` }],
    ['a user and a password', { url: `libsql://user:${encoded}@host` }],
    ['no host', { url: `libsql://${encoded}@` }],
    ['a wrong port', { url: `libsql://${encoded}@host:port` }],
    ['a token that is not encoded', { url: `libsql://${secret}@host` }],
    ['an unknown parameter', { url: `libsql://host?authToken=${encoded}&token=${encoded}` }],
    ['a misspelt parameter', { url: `libsql://host?auth_token=${encoded}` }],
    ['two tokens', { url: `libsql://other@host`, authToken: secret }],
    ['two tokens in the URL', { url: `libsql://${encoded}@host?authToken=other` }],
    ['a token over plain HTTP', { url: 'http://db.example.org', authToken: secret }],
    ['a token with white space', { url: 'libsql://host', authToken: `${secret} ` }],
    ['a token with its scheme', { url: 'libsql://host', authToken: `Bearer ${secret}` }],
    ['a misspelt option', { url: 'libsql://host', authTokn: secret } as Options],
    ['a token as a URL', { url: secret }],
    ['a token as another option', { url: ':memory:', intMode: secret } as unknown as Options],
    ['a token for a file', { url: ':memory:', authToken: secret }],
    ['a token in the query of a file', { url: `file:app.db?authToken=${encoded}` }],
    ['a wrong key', { url: 'libsql://host', tls: { key: `-----BEGIN ${secret}` } }],
    ['a wrong URL in the environment', {}, { DATABASE_URL: `mysql://root:${encoded}@db` }],
    [
      'a wrong token in the environment',
      {},
      { DATABASE_URL: 'libsql://host', TURSO_AUTH_TOKEN: ` ${secret}` },
    ],
    ['two tokens in the environment', {}, { DATABASE_URL: `libsql://other@host`, TURSO_AUTH_TOKEN: secret }],
    ['a token as another variable', { url: ':memory:' }, { DATABASE_MAX_ATTEMPTS: secret }],
  ];

  it.each(wrong)('fails the boot without telling the credential: %s', async (_title, options, env = {}) => {
    setEnvironment(env);
    const logs = new LogCollector();

    const error = await failureOfStart({ imports: [DatabaseModule.forRoot(options)] }, { logs });

    expect(error).toMatchObject({ kind: 'configuration' });
    expect([error, logs.lines].map(printAll).map(findSecret)).toEqual([[], []]);
  });

  it.each(wrong.filter(([, , env]) => env))(
    'is found by validateDatabaseEnv without telling the credential: %s',
    (_title, _options, env = {}) => {
      const results = [
        exported.databaseEnvSchema.validate(env),
        exported.databaseEnvSchema['~standard'].validate(env),
      ].map((result) => ({ ...result, value: undefined }));
      try {
        exported.validateDatabaseEnv(env);
      } catch (error) {
        results.push(error as never);
      }

      expect(results.map(printAll).map(findSecret)).toEqual(results.map(() => []));
    },
  );

  it('fails without the credential that a factory of the app had in its hands', async () => {
    @Injectable()
    class Settings {
      readonly url = `libsql://user:${encoded}@host`;
    }
    const logs = new LogCollector();
    const module: DynamicModule = DatabaseModule.forRootAsync({
      extraProviders: [Settings],
      inject: [Settings],
      useFactory: ({ url }: Settings) => ({ url }),
    });

    const error = await failureOfStart({ imports: [module] }, { logs });

    expect([error, logs.lines, module].map(printAll).map(findSecret)).toEqual([[], [], []]);
  });
});

describe('a bound value', () => {
  it.each(['sqlite', 'turso'])('is in no error and no log on %s', async (backend) => {
    const { url } = backend === 'turso' ? server : await createTempDatabase();
    const { app, logs } = await startApp({ imports: [DatabaseModule.forRoot({ url })] });
    const connection = app.get(DatabaseConnection);
    await connection.executeMultiple(
      'DROP TABLE IF EXISTS people; CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, age INTEGER CHECK (age > 0)) STRICT',
    );
    const insert = (sql: string, args: unknown[]) => connection.execute(sql, args as never);
    await insert('INSERT INTO people (email) VALUES (?)', [secret]);

    const errors = [
      await failureOf(insert('INSERT INTO people (email) VALUES (?)', [secret])),
      await failureOf(insert('INSERT INTO people (email, age) VALUES (?, -1)', [secret])),
      await failureOf(insert('INSERT INTO people (email, age) VALUES (1, ?)', [secret])),
      await failureOf(insert('INSERT INTO people (id, email) VALUES (?, 1)', [secret])),
      await failureOf(insert('SELECT json(?)', [secret])),
      await failureOf(insert('SELECT ?', [secret, secret])),
      await failureOf(insert('SELECT ?', [() => secret])),
      await failureOf(insert('SELECT * FROM missing WHERE name = ?', [secret])),
    ];

    expect([...errors, logs.lines].map(printAll).map(findSecret)).toEqual([...errors, []].map(() => []));
  });
});

it('covers every kind of error', () => {
  const kinds = new Set<string>(['aborted', 'closed', ...faults.map(([, kind]) => kind)]);

  expect([...kinds].sort()).toEqual(
    'aborted auth busy closed configuration constraint corrupt internal read-only syntax timeout too-large unavailable'.split(
      ' ',
    ),
  );
});
