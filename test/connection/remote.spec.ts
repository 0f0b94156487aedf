import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { createConnection, type DatabaseConnection, type DatabaseModuleOptions } from '../../lib/index.js';
import { failureOf, readValue } from '../contract/facts.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { startTlsProxy } from '../support/tls-proxy.js';
import { startChild } from './support/child.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('a connection to a server', () => {
  let server: SqldServer;
  let proxy: FaultProxy;
  const opened: DatabaseConnection[] = [];

  beforeAll(async () => {
    server = await startSqld({ jwt: true });
  });
  beforeEach(async () => {
    proxy = await startFaultProxy(server.url);
  });
  afterEach(async () => {
    for (const db of opened.splice(0)) await db.close();
    await proxy.close();
  });
  afterAll(() => server.stop());

  const open = (options: DatabaseModuleOptions = {}): DatabaseConnection => {
    const db = createConnection({ url: proxy.url, authToken: server.authToken as string, ...options });
    opened.push(db);
    return db;
  };

  it('sends nothing before its first use', async () => {
    const db = open();
    db.status();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(proxy.counts.connections).toBe(0);
    await db.execute('SELECT 1');
    expect(proxy.counts.connections).toBe(1);
  });

  it('loads no native module', async () => {
    const child = startChild(
      `
      const db = createConnection({ url: process.env.URL, authToken: process.env.TOKEN });
      print((await db.execute('SELECT 7 AS n')).rows[0].n);
      await db.withTransaction((tx) => tx.execute('SELECT 1'));
      await db.close();
      print(process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node') && !path.includes('swc')));
    `,
      { URL: server.url, TOKEN: server.authToken },
    );

    expect(await child.ended).toEqual([7, []]);
  });

  it('ends its process by itself when it is closed, and holds it no longer', async () => {
    const child = startChild(
      `
      const db = createConnection({ url: process.env.URL, authToken: process.env.TOKEN });
      await Promise.all(Array.from({ length: 30 }, () => db.execute('SELECT 1')));
      const tx = await db.transaction('write');
      await tx.execute('SELECT 1');
      await db.close();
      process.on('exit', () => print(process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Timeout/.test(name))));
    `,
      { URL: server.url, TOKEN: server.authToken },
    );

    expect(await child.ended).toEqual([[]]);
  });

  it('ends its process by itself although the function for its token never answers', async () => {
    const child = startChild(
      `
      const authToken = () => new Promise(() => undefined);
      const options = { connectTimeoutMs: 60_000, shutdownTimeoutMs: 50 };
      const db = createConnection({ url: process.env.URL, authToken, ...options });
      const call = db.execute('SELECT 1').catch((error) => print(error.code));
      await db.close();
      await call;
      const closedAt = performance.now();
      process.on('exit', () => print(performance.now() - closedAt < 10_000));
    `,
      { URL: server.url },
    );

    expect(await child.ended).toEqual(['CLIENT_CLOSED', true]);
  });

  it('asks the function for its token once', async () => {
    let asked = 0;
    const db = open({ authToken: async () => (asked++, server.authToken as string) });
    await Promise.all(numbers(10).map(() => db.execute('SELECT 1')));

    expect(asked).toBe(1);
  });

  it('asks the function anew when the server refuses its token, and the caller sees nothing of it', async () => {
    const tokens = [server.expiredToken, server.authToken, server.expiredToken] as string[];
    let asked = 0;
    const db = open({ authToken: () => tokens[asked++] as string });
    const values = await Promise.all(numbers(5).map((n) => readValue(db, 'SELECT ?', [n])));

    expect([values, asked]).toEqual([[0, 1, 2, 3, 4], 2]);
  });

  it('asks the function anew when a token expires in use', async () => {
    let asked = 0;
    const db = open({ authToken: () => (asked++, server.authToken as string) });
    await db.execute('SELECT 1');
    proxy.inject({ kind: 'respond', status: 401, body: '{"error":"expired"}' }, { requests: 1 });
    await db.execute('CREATE TABLE IF NOT EXISTS renewed (a)');

    expect(asked).toBe(2);
  });

  it('tells that a new token is refused too', async () => {
    let asked = 0;
    const db = open({ authToken: () => (asked++, server.expiredToken as string) });

    expect(await failureOf(db.execute('SELECT 1'))).toMatchObject({ kind: 'auth', outcome: 'not-applied' });
    expect(asked).toBe(2);
  });

  it('tells that the function failed, without its words', async () => {
    const db = open({
      authToken: () => {
        throw new Error('vault said planted-7f3a');
      },
    });
    const failure = await failureOf(db.execute('SELECT 1'));

    expect(failure).toMatchObject({
      code: 'AUTH_TOKEN_FUNCTION_FAILED',
      kind: 'auth',
      outcome: 'not-applied',
    });
    expect(inspect(failure, { depth: 9 })).not.toContain('planted');
  });

  it('does not wait for a function that never answers', async () => {
    const db = open({
      authToken: () => new Promise(() => undefined),
      queryTimeoutMs: 200,
      shutdownTimeoutMs: 50,
    });
    const failure = await failureOf(db.execute('SELECT 1'));
    await db.close();

    expect(failure).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
  });

  it.each<[string, (db: DatabaseConnection) => Promise<unknown>]>([
    ['three hundred reads', (db) => Promise.all(numbers(300).map((n) => readValue(db, 'SELECT ?', [n])))],
    [
      'sixty transactions that read',
      (db) =>
        Promise.all(
          numbers(60).map((n) =>
            db.withTransaction((tx) => readValue(tx, 'SELECT ?', [n]), { mode: 'read' }),
          ),
        ),
    ],
    [
      'sixty transactions that write',
      (db) => Promise.all(numbers(60).map((n) => db.withTransaction((tx) => readValue(tx, 'SELECT ?', [n])))),
    ],
  ])('answers %s at once without a refusal, over at most maxStreams sockets', async (_name, work) => {
    const db = open({ pool: { maxStreams: 10 }, maxAttempts: 1, transactionTimeoutMs: 20_000 });
    const values = (await work(db)) as unknown[];

    expect(values).toEqual(numbers(values.length));
    expect(proxy.counts.connections).toBeLessThanOrEqual(10);
  });

  it('lets a call wait for a stream no longer than its deadline', async () => {
    const db = open({ pool: { maxStreams: 1 } });
    const tx = await db.transaction('read');
    await tx.execute('SELECT 1');
    const failure = await failureOf(db.execute({ sql: 'SELECT 1', timeoutMs: 100 }));
    tx.close();

    expect(failure).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
    expect(failure.message).toContain('"pool.maxStreams"');
    expect(await readValue(db, 'SELECT 1')).toBe(1);
  });

  it('gives the write gate back when there is no stream for a transaction', async () => {
    const db = open({ pool: { maxStreams: 1 } });
    const tx = await db.transaction('read');
    await tx.execute('SELECT 1');
    const failure = await failureOf(db.withTransaction(() => 7, { timeoutMs: 100 }));
    await tx.rollback();

    expect(failure).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
    expect(await db.withTransaction(() => 7)).toBe(7);
  });

  it('tells that a token may only read, in a transaction too', async () => {
    const db = open({ authToken: server.readOnlyToken as string });
    const failures = [
      await failureOf(db.withTransaction((tx) => tx.execute('CREATE TABLE no (a)'))),
      await failureOf(db.batch(['CREATE TABLE no (a)'], 'write')),
      await failureOf(db.execute('CREATE TABLE no (a)')),
    ];

    for (const failure of failures) {
      expect(['auth', 'read-only']).toContain(failure.kind);
      expect(failure.outcome).toBe('not-applied');
    }
    expect(await db.withTransaction((tx) => readValue(tx, 'SELECT 1'), { mode: 'read' })).toBe(1);
  });

  it('shows no secret in anything that can be printed', async () => {
    const db = open();
    await db.execute('SELECT 1');
    const tx = await db.transaction('read');
    const printed = [db, tx, db.status(), await db.execute('SELECT 1')].map((value) =>
      inspect(value, { depth: 20, showHidden: true }),
    );
    tx.close();

    for (const text of printed) expect(text).not.toContain(server.authToken);
  });
});

describe('a request', () => {
  /** What a server says to a pipeline whose statements have nothing to tell. */
  function answer(pipeline: string): string {
    const { requests } = JSON.parse(pipeline) as { requests: { type: string }[] };
    const nothing = { cols: [], rows: [], affected_row_count: 0, last_insert_rowid: null };
    const results = requests.map(({ type }) => {
      const result = type === 'batch' ? { step_results: [nothing], step_errors: [null] } : nothing;
      return { type: 'ok', response: { type, result } };
    });
    return JSON.stringify({ baton: null, results });
  }

  it.each(['http', 'https'])(
    'over %s asks for no compression, names its length, and keeps its socket',
    async (scheme) => {
      const seen: { headers: IncomingHttpHeaders; url: string | undefined; method: string | undefined }[] =
        [];
      let sockets = 0;
      const spy = createServer((request, response) => {
        seen.push({ headers: request.headers, url: request.url, method: request.method });
        void text(request).then((pipeline) => response.end(answer(pipeline)));
      }).on('connection', () => sockets++);
      await once(spy.listen(0, '127.0.0.1'), 'listening');
      const plain = `http://127.0.0.1:${(spy.address() as AddressInfo).port}`;
      await using secured = await startTlsProxy(plain);
      const key = Buffer.from('a key of the customer').toString('base64');
      const db = createConnection({
        url: `${scheme === 'https' ? secured.url : plain}/base/path`,
        authToken: 'token',
        remoteEncryptionKey: key,
        ...(scheme === 'https' && { tls: { ca: secured.ca } }),
      });
      for (let n = 0; n < 3; n++) await db.execute('SELECT 1');
      await db.close();
      spy.close();

      // the first one asks whether the server answers
      expect([seen.length, sockets]).toEqual([4, 1]);
      for (const { method, url, headers } of seen) {
        expect([method, url]).toEqual(['POST', '/base/path/v3/pipeline']);
        expect(headers).toMatchObject({
          'accept-encoding': 'identity',
          authorization: 'Bearer token',
          'content-type': 'application/json',
          'content-length': expect.stringMatching(/^\d+$/),
          'x-turso-encryption-key': key,
        });
      }
    },
  );
});
