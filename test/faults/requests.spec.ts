import { describe, expect, it } from '@jest/globals';
import { createConnection, type DatabaseConnection, type DatabaseError } from '../../lib/index.js';
import { failureOf, readValue } from '../contract/facts.js';
import type { Fault } from '../support/fault.js';
import { startSilentHost } from '../support/silent-host.js';
import { startSqld } from '../support/sqld-server.js';
import { timeOf } from './support/fault-room.js';
import { useFaultRoom } from './support/use-fault-room.js';

const room = useFaultRoom();

const insert = (db: DatabaseConnection = room.db) => db.execute("INSERT INTO books VALUES ('a')");
const unknown = { outcome: 'unknown' };
const notApplied = { outcome: 'not-applied' };

const writes: [string, (db: DatabaseConnection) => Promise<unknown>][] = [
  ['a statement', insert],
  ['a batch', (db) => db.batch(["INSERT INTO books VALUES ('a')"], 'write')],
  ['a migration', (db) => db.migrate(["INSERT INTO books VALUES ('a')"])],
  ['a script', (db) => db.executeMultiple("INSERT INTO books VALUES ('a')")],
];

/** The fault, what the write is told, and how many rows there are. */
const faults: [string, Fault, Partial<DatabaseError>, number][] = [
  [
    'a reset before it reaches the server',
    { kind: 'reset-before-forward' },
    { code: 'ECONNRESET', kind: 'unavailable' },
    0,
  ],
  [
    'a reset instead of its answer',
    { kind: 'reset-after-forward' },
    { code: 'ECONNRESET', kind: 'unavailable' },
    1,
  ],
  ['an answer that is cut off', { kind: 'fin-mid-body' }, { kind: 'unavailable' }, 1],
  [
    'a server that fails before the work',
    { kind: 'respond', status: 500 },
    { code: 'HTTP_500', kind: 'unavailable' },
    0,
  ],
  [
    'a server that fails behind the work',
    { kind: 'respond', status: 500, afterForward: true },
    { code: 'HTTP_500', kind: 'unavailable' },
    1,
  ],
  [
    'a proxy that is overloaded behind the work',
    { kind: 'respond', status: 503, afterForward: true },
    { code: 'HTTP_503', kind: 'unavailable' },
    1,
  ],
  [
    'a proxy that gives up behind the work',
    { kind: 'respond', status: 504, afterForward: true, body: '<html>Gateway Timeout</html>' },
    { code: 'HTTP_504', kind: 'unavailable' },
    1,
  ],
  [
    'a page in the place of its answer',
    { kind: 'respond', status: 200, afterForward: true, body: '<!doctype html><h1>Welcome</h1>' },
    { code: 'HRANA_PROTO_ERROR' },
    1,
  ],
  [
    'an answer that is broken JSON',
    { kind: 'respond', status: 200, afterForward: true, body: '{"baton":null,"results":[' },
    { code: 'HRANA_PROTO_ERROR' },
    1,
  ],
  [
    'an answer without results',
    { kind: 'respond', status: 200, afterForward: true, body: '{"baton":null,"results":[]}' },
    { code: 'HRANA_PROTO_ERROR' },
    1,
  ],
  [
    'JSON that is no answer',
    { kind: 'respond', status: 200, afterForward: true, body: '"ok"' },
    { code: 'HRANA_PROTO_ERROR' },
    1,
  ],
];

describe.each(writes)('the outcome of %s is unknown', (_name, write) => {
  it.each(faults)('after %s, and it is never repeated', async (_fault, fault, expected, rows) => {
    room.proxy.inject(fault);
    const before = room.proxy.counts.requests;
    const failure = await failureOf(write(room.db));
    room.proxy.clear();

    expect(failure).toMatchObject({ ...expected, ...unknown });
    expect(room.proxy.counts.requests - before).toBe(1);
    expect(await room.names()).toHaveLength(rows);
  });

  it('when no answer comes before its deadline', async () => {
    const timeouts = { queryTimeoutMs: 300, migrationTimeoutMs: 300 };
    const db = createConnection({ url: room.proxy.url, ...timeouts });
    await db.open();
    room.proxy.inject({ kind: 'blackhole' });
    const call = failureOf(write(db));

    expect(await timeOf(call)).toBeLessThan(5_000);
    expect(await call).toMatchObject({ kind: 'timeout', ...unknown });
    expect(await room.names()).toEqual([]);
    await db.close();
  });
});

describe('a write', () => {
  it('fails at once and is not applied while the server refuses connections', async () => {
    await room.proxy.refuse();
    const failure = failureOf(insert());

    expect(await timeOf(failure)).toBeLessThan(1_000);
    expect(await failure).toMatchObject({ code: 'ECONNREFUSED', kind: 'unavailable', ...notApplied });
    expect(await room.names()).toEqual([]);
  });

  it('is applied once when the server comes back between two attempts', async () => {
    const { proxy } = room;
    const patient = createConnection({ url: proxy.url, maxAttempts: 50 });
    await patient.open();
    await proxy.refuse();
    const call = insert(patient);
    setTimeout(() => void proxy.accept(), 150);
    await call;
    await patient.close();

    expect(await room.names()).toEqual(['a']);
  });

  it('is applied once when the server asks to wait first', async () => {
    const body = '{"error":"slow down"}';
    room.proxy.inject(
      { kind: 'respond', status: 429, headers: { 'retry-after': '0.2' }, body },
      { requests: 1 },
    );
    const call = insert();

    expect(await timeOf(call)).toBeGreaterThanOrEqual(190);
    expect((await call).rowsAffected).toBe(1);
    expect(await room.names()).toEqual(['a']);
  });

  it('fails at once when the server asks to wait longer than its deadline', async () => {
    room.proxy.inject({ kind: 'respond', status: 429, headers: { 'retry-after': '60' } });
    const call = failureOf(insert());

    expect(await timeOf(call)).toBeLessThan(1_000);
    expect(await call).toMatchObject({ code: 'HTTP_429', retryAfterMs: 60_000, ...notApplied });
    expect(await room.names()).toEqual([]);
  });

  it('ends with an unknown outcome when the answer drips beyond its deadline', async () => {
    room.proxy.inject({ kind: 'drip', bytes: 1, everyMs: 100 });
    const call = failureOf(room.db.execute({ sql: "INSERT INTO books VALUES ('a')", timeoutMs: 400 }));

    expect(await timeOf(call)).toBeLessThan(1_200);
    expect(await call).toMatchObject({ kind: 'timeout', ...unknown });
    expect(await room.names()).toEqual(['a']);
  });

  it('ends with an unknown outcome the moment its signal fires', async () => {
    room.proxy.inject({ kind: 'delay', downMs: 4_000 });
    const signal = AbortSignal.timeout(150);
    const call = failureOf(
      room.db.execute({ sql: "INSERT INTO books VALUES ('a')", signal, timeoutMs: 5_000 }),
    );

    expect(await timeOf(call)).toBeLessThan(3_000);
    expect(await call).toMatchObject({ code: 'ABORTED', kind: 'aborted', ...unknown });
  });

  it('that was aborted lets the next one in', async () => {
    room.proxy.inject({ kind: 'blackhole' }, { requests: 1 });
    await failureOf(room.db.execute({ sql: "INSERT INTO books VALUES ('a')", timeoutMs: 100 }));
    await room.db.execute("INSERT INTO books VALUES ('b')");

    expect(await room.names()).toEqual(['b']);
  });

  it('is told apart in a batch whose server failed', async () => {
    room.proxy.inject({ kind: 'reset-after-forward' });
    const failure = await failureOf(
      room.db.batch(["INSERT INTO books VALUES ('a')", "INSERT INTO books VALUES ('b')"], 'write'),
    );

    expect(failure).toMatchObject(unknown);
    expect(await room.names()).toEqual(['a', 'b']);
  });

  it('is told apart in a batch that the server does not understand, if the server can still be asked', async () => {
    const statements = ["INSERT INTO books VALUES ('a')", 'INSER INTO books'];
    const asked = await failureOf(room.db.batch(statements, 'write'));
    let requests = 0;
    room.proxy.inject({ kind: 'reset-before-forward' }, { requests: 1, when: () => ++requests === 2 });
    const alone = await failureOf(room.db.batch(statements, 'write'));
    const inTransaction = await room.db.withTransaction((tx) => failureOf(tx.batch(statements)));

    expect(asked).toMatchObject({ statementIndex: 1, kind: 'syntax', ...notApplied });
    expect(alone).toMatchObject({ kind: 'syntax', ...notApplied });
    expect(inTransaction).toMatchObject({ statementIndex: 1, kind: 'syntax', ...notApplied });
    expect(await room.names()).toEqual(['a']);
  });

  it('in a script leaves the outcome unknown when one behind it fails', async () => {
    const script = "INSERT INTO books VALUES ('a'); INSERT INTO nowhere VALUES (1)";
    const failure = await failureOf(room.db.executeMultiple(script));
    const whole = await failureOf(room.db.executeMultiple(`BEGIN; ${script}; COMMIT`));
    const alone = await failureOf(room.db.executeMultiple('INSERT INTO nowhere VALUES (1)'));

    expect([failure.outcome, whole.outcome, alone.outcome]).toEqual([
      'unknown',
      'not-applied',
      'not-applied',
    ]);
    expect(await room.names()).toEqual(['a']);
  });
});

describe('a read', () => {
  const count = (timeoutMs = 1_500) => room.db.execute({ sql: 'SELECT count(*) FROM books', timeoutMs });

  it.each<[string, Fault]>([
    ['is answered slowly', { kind: 'delay', upMs: 50, downMs: 50 }],
    ['drips in', { kind: 'drip', bytes: 40, everyMs: 5 }],
  ])('answers when it %s', async (_name, fault) => {
    room.proxy.inject(fault);

    expect((await count()).rows[0]?.[0]).toBe(0);
  });

  it.each<[string, Fault, object]>([
    ['is never answered', { kind: 'blackhole' }, { kind: 'timeout' }],
    ['is cut off', { kind: 'fin-mid-body' }, { kind: 'unavailable' }],
    ['meets a page', { kind: 'respond', status: 200, body: '<html>' }, { code: 'HRANA_PROTO_ERROR' }],
  ])('fails within its deadline when it %s', async (_name, fault, expected) => {
    room.proxy.inject(fault);
    const call = failureOf(count(300));

    expect(await timeOf(call)).toBeLessThan(1_000);
    expect(await call).toMatchObject(expected);
  });

  it('answers again as soon as a health check found the server well', async () => {
    room.proxy.inject({ kind: 'blackhole' }, { requests: 30 });
    const settled = await Promise.allSettled(Array.from({ length: 30 }, () => count(200)));
    room.proxy.clear();

    expect(new Set(settled.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(room.db.status()).toMatchObject({ inFlight: 0, waiting: 0, breaker: { state: 'open' } });
    await room.db.ping();
    expect((await count()).rows[0]?.[0]).toBe(0);
  });
});

describe('a host that never answers', () => {
  it('is given up within connectTimeoutMs, and nothing was applied', async () => {
    await using host = await startSilentHost();
    const db = createConnection({ url: host.url, connectTimeoutMs: 300, maxAttempts: 1 });
    const call = failureOf(insert(db));

    expect(await timeOf(call)).toBeLessThan(1_500);
    expect(await call).toMatchObject({ code: 'CONNECT_TIMEOUT', kind: 'unavailable', ...notApplied });
    expect((await call).message).toContain('within 300 ms (connectTimeoutMs)');
    await db.close();
  });

  it('is given up within the deadline of the call when that is shorter', async () => {
    await using host = await startSilentHost();
    const db = createConnection({ url: host.url, connectTimeoutMs: 5_000, queryTimeoutMs: 300 });
    const call = failureOf(insert(db));

    expect(await timeOf(call)).toBeLessThan(1_500);
    expect(await call).toMatchObject({ kind: 'timeout', ...notApplied });
    await db.close();
  });
});

describe('a refused token', () => {
  const token = 'eyJhbGciOi.planted-secret+token/7f3a==';
  const forms = [token, encodeURIComponent(token), Buffer.from(token).toString('base64')];
  const open = () => createConnection({ url: room.proxy.url, authToken: token });

  it.each([401, 403])('is told with the server’s reason and without the token (%d)', async (status) => {
    const body = JSON.stringify({ error: `no access for ${forms.join(' or ')}` });
    room.proxy.inject({ kind: 'respond', status, body });
    const db = open();
    const failure = await failureOf(insert(db));
    await db.close();

    expect(failure).toMatchObject({ code: `HTTP_${status}`, kind: 'auth', ...notApplied });
    expect(failure.message).toContain('no access for [redacted]');
    for (const form of forms) expect(`${failure.stack} ${JSON.stringify(failure)}`).not.toContain(form);
  });

  it('stands in no error of a statement that the server quotes', async () => {
    const error = { message: `no such column: ${token}`, code: 'SQLITE_UNKNOWN' };
    const body = JSON.stringify({ baton: null, results: [{ type: 'error', error }] });
    const db = open();
    await db.open();
    room.proxy.inject({ kind: 'respond', status: 200, body });
    const failure = await failureOf(db.execute('SELECT 1'));
    await db.close();

    expect(failure.message).toBe('SQLITE_ERROR: no such column: [redacted]');
  });

  it('says what a real server says', async () => {
    await using guarded = await startSqld({ jwt: true });
    const connections = ['not-a-token', guarded.expiredToken as string, guarded.readOnlyToken as string].map(
      (authToken) => createConnection({ url: guarded.url, authToken }),
    );
    const failures = await Promise.all(connections.map((db) => failureOf(db.execute('CREATE TABLE t (a)'))));
    const reader = connections[2] as DatabaseConnection;
    const read = await readValue(reader, 'SELECT 1');
    for (const db of connections) await db.close();

    expect(failures.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['auth', 'not-applied'],
      ['auth', 'not-applied'],
      [expect.stringMatching(/^(auth|read-only)$/), 'not-applied'],
    ]);
    for (const failure of failures.slice(0, 2)) expect(failure.message.length).toBeGreaterThan(40);
    expect(read).toBe(1);
  });
});
