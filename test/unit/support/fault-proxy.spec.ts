import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { startFaultProxy, type FaultProxy } from '../../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { query, sendSql } from './send-sql.js';

describe('startFaultProxy', () => {
  let server: SqldServer;
  let proxy: FaultProxy;

  beforeAll(async () => {
    server = await startSqld();
  });
  beforeEach(async () => {
    await query(server.url, 'DROP TABLE IF EXISTS task');
    await query(server.url, 'CREATE TABLE task (title TEXT)');
    proxy = await startFaultProxy(server.url);
  });
  afterEach(() => proxy.close());
  afterAll(() => server.stop());

  const insert = (): Promise<Response> => sendSql(proxy.url, "INSERT INTO task VALUES ('x')");
  const countRows = async (): Promise<number> =>
    Number((await query(server.url, 'SELECT count(*) FROM task'))[0]![0]);

  it('passes everything on and counts it', async () => {
    await insert();
    expect(await query(proxy.url, 'SELECT title FROM task')).toEqual([['x']]);
    expect(proxy.counts).toMatchObject({ requests: 2 });
    expect(proxy.counts.bytesUp).toBeGreaterThan(100);
    expect(proxy.counts.bytesDown).toBeGreaterThan(100);
  });

  it('passes a large request and a large answer on', async () => {
    const text = 'x'.repeat(2_000_000);
    expect(await query(proxy.url, `SELECT '${text}'`)).toEqual([[text]]);
    expect(proxy.counts.requests).toBe(1);
  });

  it('cuts a chunked request where it ends', async () => {
    const body = JSON.stringify({ requests: [{ type: 'execute', stmt: { sql: "SELECT '0\r\n\r\n'" } }] });
    const chunks = ReadableStream.from(body.match(/.{1,7}/gs)!.map((piece) => Buffer.from(piece)));
    proxy.inject({ kind: 'respond', status: 418 }, { requests: 1 });

    const request = { method: 'POST', body: chunks, duplex: 'half' } as RequestInit;
    const answers = [await fetch(`${proxy.url}/v3/pipeline`, request), await insert()];
    for (const answer of answers) await answer.text();

    expect(answers.map(({ status }) => status)).toEqual([418, 200]);
    expect(proxy.counts.requests).toBe(2);
  });

  it('delays each direction', async () => {
    proxy.inject({ kind: 'delay', upMs: 60, downMs: 40 });
    const start = performance.now();
    await query(proxy.url, 'SELECT 1');
    expect(performance.now() - start).toBeGreaterThanOrEqual(99);
  });

  it('swallows a request in a black hole', async () => {
    proxy.inject({ kind: 'blackhole' });
    const request = fetch(proxy.url, { signal: AbortSignal.timeout(100) });
    await expect(request).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(proxy.counts.bytesDown).toBe(0);
  });

  it('refuses connections until it accepts again', async () => {
    await proxy.refuse();
    await expect(insert()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await proxy.accept();
    expect((await insert()).status).toBe(200);
  });

  it('resets before the request reaches the server', async () => {
    proxy.inject({ kind: 'reset-before-forward' }, { requests: 1 });
    await expect(insert()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(await countRows()).toBe(0);
  });

  it('resets after the server has carried the request out', async () => {
    proxy.inject({ kind: 'reset-after-forward' }, { requests: 1 });
    await expect(insert()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(await countRows()).toBe(1);
  });

  it('closes in the middle of the body', async () => {
    proxy.inject({ kind: 'fin-mid-body' }, { requests: 1 });
    const response = await insert();
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(await countRows()).toBe(1);
  });

  it('drips the answer', async () => {
    proxy.inject({ kind: 'drip', bytes: 100, everyMs: 20 });
    const start = performance.now();
    expect(await query(proxy.url, 'SELECT 1')).toEqual([['1']]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(80);
  });

  it('answers in place of the server', async () => {
    proxy.inject(
      { kind: 'respond', status: 429, headers: { 'retry-after': '7' }, body: 'slow down' },
      { requests: 1 },
    );
    const response = await insert();
    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([
      429,
      '7',
      'slow down',
    ]);
    expect(await countRows()).toBe(0);
  });

  it('answers in place of the server that has carried the request out', async () => {
    proxy.inject({ kind: 'respond', status: 503, afterForward: true }, { requests: 1 });
    expect((await insert()).status).toBe(503);
    expect(await countRows()).toBe(1);
  });

  it('applies a fault to so many requests, then to none', async () => {
    proxy.inject({ kind: 'respond', status: 500 }, { requests: 2 });
    proxy.inject({ kind: 'respond', status: 502 }, { requests: 1 });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await insert()).status);
    expect(statuses).toEqual([500, 500, 502, 200]);
  });

  it('applies a fault to every request of so many connections', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const statusOf = async (): Promise<number | undefined> => {
      const [response] = (await once(get(`${proxy.url}/health`, { agent }), 'response')) as [IncomingMessage];
      await once(response.resume(), 'close');
      return response.statusCode;
    };
    proxy.inject({ kind: 'respond', status: 500 }, { connections: 1 });

    const statuses = [await statusOf(), await statusOf()];
    agent.destroy();
    statuses.push(await statusOf());
    agent.destroy();

    expect(statuses).toEqual([500, 500, 200]);
    expect(proxy.counts.connections).toBe(2);
  });

  it('applies a fault to the requests whose text it is meant for', async () => {
    proxy.inject({ kind: 'respond', status: 500 }, { when: (request) => request.includes('INSERT') });
    expect(await query(proxy.url, 'SELECT 1')).toEqual([['1']]);
    expect((await insert()).status).toBe(500);
    proxy.clear();
    expect((await insert()).status).toBe(200);
  });

  it('passes a WebSocket on', async () => {
    const { createClient } = await import('@libsql/client');
    const client = createClient({ url: proxy.url.replace('http:', 'ws:') });
    await client.execute("INSERT INTO task VALUES ('by socket')");
    client.close();
    expect(await countRows()).toBe(1);
  });
});
