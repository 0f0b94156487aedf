import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDeadline } from '../../lib/async/deadline.js';
import { HranaClient } from '../../lib/drivers/turso/hrana-client.js';
import { unheard, type HranaListener } from '../../lib/drivers/turso/hrana-listener.js';
import { createOptionsEnvironment } from '../../lib/options/options-environment.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import type { ResolvedTursoTarget } from '../../lib/options/resolved-options.js';
import { failureOf, readValue } from '../contract/facts.js';
import type { Fault } from '../support/fault.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { openRoom, type FaultRoom } from './support/fault-room.js';

let server: SqldServer;
let room: FaultRoom;

beforeAll(async () => {
  server = await startSqld();
});
beforeEach(async () => {
  room = await openRoom(server);
});
afterEach(() => room.close());
afterAll(() => server.stop());

const countTo = (count: number): string =>
  `WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < ${count}) SELECT v FROM n`;

async function count(rows: AsyncIterable<unknown>): Promise<number> {
  let found = 0;
  for await (const row of rows) if (row !== undefined) found++;
  return found;
}

function createClient(url: string, listener?: HranaListener): HranaClient {
  const { target } = resolveOptions({ url }, createOptionsEnvironment(undefined));
  return new HranaClient(target as ResolvedTursoTarget, 1_000, 1, listener);
}

const isCursor = (request: string): boolean => request.includes('/v3/cursor');

describe('a stream from a server', () => {
  it('leaves nothing open there: a hundred and fifty in a row, read through and left', async () => {
    for (let round = 0; round < 75; round++) {
      expect(await count(room.db.stream(countTo(3)))).toBe(3);
      for await (const row of room.db.stream(countTo(100_000))) if (row[0] === 2) break;
    }

    expect(await readValue(room.db, 'SELECT 1')).toBe(1);
  });

  it('reads no further ahead than its consumer takes, give or take what the sockets hold', async () => {
    const rows = room.db.stream(`SELECT v, printf('%.*c', 1000, 'x') FROM (${countTo(100_000)})`);
    for (let taken = 0; taken < 10; taken++) await rows.next();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { bytesDown } = room.proxy.counts;
    await rows.return?.();

    expect(bytesDown).toBeLessThan(40_000_000);
  });

  it.each<[string, Fault, object]>([
    ['a reset', { kind: 'reset-after-forward' }, { code: 'ECONNRESET', kind: 'unavailable' }],
    ['a page', { kind: 'respond', status: 200, body: '<h1>Welcome</h1>' }, { code: 'HRANA_PROTO_ERROR' }],
    ['a failed server', { kind: 'respond', status: 500, body: 'x' }, { code: 'HTTP_500' }],
    ['silence', { kind: 'blackhole' }, { code: 'TIMEOUT', kind: 'timeout' }],
    [
      'an answer that ends in good order before its rows do',
      {
        kind: 'respond',
        status: 200,
        body: '{"baton":null,"base_url":null}\n{"type":"step_begin","step":0,"cols":[{"name":"v"}]}\n',
      },
      { code: 'HRANA_PROTO_ERROR' },
    ],
    ['an answer of nothing', { kind: 'respond', status: 200, body: '' }, { code: 'HRANA_PROTO_ERROR' }],
    ['an answer that is cut off', { kind: 'fin-mid-body' }, { kind: 'unavailable' }],
  ])('ends with an error at %s', async (_name, fault, error) => {
    room.proxy.inject(fault, { when: isCursor });
    const failure = await failureOf(count(room.db.stream(countTo(100_000))));

    expect(failure).toMatchObject({ ...error, outcome: 'unknown' });
    room.proxy.clear();
    expect(await count(room.db.stream(countTo(10)))).toBe(10);
  });

  it('asks the server for nothing more once the connection is closed', async () => {
    const rows = room.db.stream(countTo(1_000_000));
    await rows.next();
    await room.db.close();
    const { connections } = room.proxy.counts;
    await failureOf(count(rows));
    await new Promise((resolve) => setTimeout(resolve, 300));

    expect(room.proxy.counts.connections).toBe(connections);
  });

  it('begins again when it was lost before its first row', async () => {
    room.proxy.inject({ kind: 'reset-before-forward' }, { requests: 1, when: isCursor });

    expect(await count(room.db.stream(countTo(10)))).toBe(10);
    expect(room.db.status().retries).toBe(1);
  });

  it('goes on however slowly its rows come, as long as some come', async () => {
    room.proxy.inject({ kind: 'drip', bytes: 64, everyMs: 80 }, { requests: 1, when: isCursor });

    expect(await count(room.db.stream(countTo(40)))).toBe(40);
  });
});

describe('an answer that never ends', () => {
  it.each([
    ['an error', 500],
    ['a line of rows', 200],
  ])('of %s, a byte every 20 ms, ends within the time of the call', async (_what, status) => {
    const host = createServer((_request, response) => {
      response.writeHead(status);
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    }).listen(0);
    await once(host, 'listening');
    const client = createClient(`http://127.0.0.1:${(host.address() as AddressInfo).port}`);
    const cursor = client.openCursor([{ stmt: { sql: 'SELECT 1', want_rows: true } }], createDeadline(300));
    const failure = await failureOf(count(cursor));
    client.close();
    host.close();

    expect(failure).toMatchObject({ code: 'TIMEOUT', kind: 'timeout' });
  });
});

describe('the answers of a server', () => {
  it('tell how far its log is', async () => {
    const seen: bigint[] = [];
    const client = createClient(server.url, {
      ...unheard,
      onRequest: () => (index) => seen.push(index),
    });
    const stmt = { sql: "INSERT INTO books VALUES ('a')", want_rows: true };
    const deadline = createDeadline(5_000);
    await client.send(
      [{ type: 'execute', stmt }, { type: 'batch', batch: { steps: [{ stmt }] } }, { type: 'close' }],
      null,
      deadline,
    );
    const steps = [{ stmt: { sql: 'SELECT 1', want_rows: true } }];
    for await (const entries of client.openCursor(steps, deadline))
      expect(entries.map(({ type }) => type)).not.toContain('error');
    client.close();

    const [first = 0n] = seen;
    expect(first).toBeGreaterThan(0n);
    expect(seen).toEqual([first, first]);
  });
});
