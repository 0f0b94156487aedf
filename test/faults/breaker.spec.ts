import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createConnection, type CallOptions, type DatabaseConnection } from '../../lib/index.js';
import { failureOf, readValue } from '../contract/facts.js';
import { emptyDatabase } from '../contract/setups/empty-database.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startSilentHost } from '../support/silent-host.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the circuit breaker', () => {
  let server: SqldServer;
  let proxy: FaultProxy;
  let db: DatabaseConnection;

  beforeAll(async () => {
    server = await startSqld();
  });
  afterAll(() => server.stop());

  beforeEach(async () => {
    await emptyDatabase(server.url, undefined);
    proxy = await startFaultProxy(server.url);
    db = createConnection({ url: proxy.url, maxAttempts: 1 });
    await db.execute('CREATE TABLE t (a UNIQUE)');
  });
  afterEach(async () => {
    await db.close();
    await proxy.close();
  });

  const codeOf = async (call: Promise<unknown>): Promise<string> => (await failureOf(call)).code;
  const fail = async (times: number): Promise<string[]> => {
    const codes = [];
    for (const _ of numbers(times)) codes.push(await codeOf(db.execute('SELECT 1')));
    return codes;
  };
  const untilProbeIsDue = async (): Promise<void> => {
    await pause(db.status().breaker?.retryAfterMs ?? 0);
    await pause(5);
  };

  it('opens after five calls in a row without an answer, and then sends nothing', async () => {
    await proxy.refuse();
    const codes = await fail(5);
    await proxy.accept();
    const { requests } = proxy.counts;
    const failures = await Promise.all([
      failureOf(db.execute('INSERT INTO t VALUES (1)')),
      failureOf(db.batch(['INSERT INTO t VALUES (1)'])),
      failureOf(db.executeMultiple('INSERT INTO t VALUES (1)')),
      failureOf(db.withTransaction((tx) => tx.execute('INSERT INTO t VALUES (1)'))),
    ]);

    // the first call may find a connection that is being reset
    expect(codes.slice(1)).toEqual(numbers(4).map(() => 'ECONNREFUSED'));
    for (const failure of failures) {
      expect(failure).toMatchObject({ code: 'CIRCUIT_OPEN', kind: 'unavailable', outcome: 'not-applied' });
      expect(failure.retryAfterMs).toBeGreaterThan(0);
      expect(failure.cause).toMatchObject({ code: 'ECONNREFUSED' });
      expect(failure.message).toContain(`turso at ${new URL(proxy.url).host} did not answer`);
    }
    expect(db.status().breaker).toMatchObject({ state: 'open', failures: 5 });
    expect(proxy.counts.requests).toBe(requests);
  });

  it.each<[string, (one: DatabaseConnection) => Promise<unknown>]>([
    ['writes', (one) => one.execute({ sql: 'INSERT INTO t VALUES (1)', timeoutMs: 20_000 })],
    ['batches', (one) => one.batch(['INSERT INTO t VALUES (1)'], 'write')],
    ['transactions', (one) => one.withTransaction((tx) => tx.execute('INSERT INTO t VALUES (1)'))],
    ['reads', (one) => one.execute({ sql: 'SELECT 1', timeoutMs: 20_000 })],
    ['streams', (one) => one.stream('SELECT 1').next()],
  ])('fails at once the %s that wait for their turn when it opens', async (_what, call) => {
    const one = createConnection({ url: proxy.url, maxAttempts: 1, pool: { maxStreams: 1 } });
    await one.open();
    proxy.inject({ kind: 'reset-before-forward' });
    const { requests } = proxy.counts;
    const codes = await Promise.all(numbers(40).map(() => codeOf(call(one))));
    const sent = proxy.counts.requests - requests;
    await one.close();

    expect(codes.filter((code) => code === 'CIRCUIT_OPEN').length).toBeGreaterThan(20);
    expect(sent).toBeLessThan(20);
  });

  it('lets one probe through when it is due, and everybody once that is answered', async () => {
    await proxy.refuse();
    await fail(5);
    await proxy.accept();
    await untilProbeIsDue();
    const { requests } = proxy.counts;
    const codes = await Promise.all(
      numbers(20).map((n) =>
        db.execute('SELECT 1').then(
          () => 'answered',
          () => `refused ${n > 0}`,
        ),
      ),
    );

    expect(codes).toEqual(['answered', ...numbers(19).map(() => 'refused true')]);
    expect(proxy.counts.requests - requests).toBe(2);
    expect(await readValue(db, 'SELECT 1')).toBe(1);
    expect(db.status().breaker).toEqual({ state: 'closed', failures: 0, retryAfterMs: 0 });
  });

  it('stays open when the probe fails, longer each time', async () => {
    await proxy.refuse();
    await fail(5);
    await untilProbeIsDue();
    const [code] = await fail(1);
    const second = db.status().breaker?.retryAfterMs ?? 0;

    expect(code).toBe('CIRCUIT_OPEN');
    expect(second).toBeGreaterThan(500);
    expect(db.status().breaker).toMatchObject({ state: 'open', failures: 6 });
  });

  it('tells a call that is over already the same as at any other time, and sends no probe for it', async () => {
    const calls = (over: CallOptions): Promise<unknown>[] => {
      const view = db.withOptions(over);
      return [
        view.execute('INSERT INTO t VALUES (1)'),
        view.batch(['INSERT INTO t VALUES (1)']),
        view.executeMultiple('INSERT INTO t VALUES (1)'),
        view.stream('SELECT 1').next(),
      ];
    };
    const tell = async (): Promise<string[]> => {
      const over = [
        ...calls({ signal: AbortSignal.abort() }),
        ...calls({ timeoutMs: 0 }),
        db.withTransaction((tx) => tx.execute('INSERT INTO t VALUES (1)'), { timeoutMs: 0 }),
      ];
      const failures = await Promise.all(over.map((call) => failureOf(call)));
      return failures.map(({ code, outcome }) => `${code} ${outcome}`);
    };
    const before = await tell();
    await proxy.refuse();
    await fail(5);
    const whileOpen = await tell();
    await untilProbeIsDue();
    const whenDue = await tell();

    expect(before).toEqual([
      ...numbers(4).map(() => 'ABORTED not-applied'),
      ...numbers(5).map(() => 'TIMEOUT not-applied'),
    ]);
    expect([whileOpen, whenDue]).toEqual([before, before]);
    expect(db.status().breaker).toMatchObject({ state: 'open', failures: 5 });
  });

  it('is closed by a health check that is answered', async () => {
    await proxy.refuse();
    await fail(5);
    await proxy.accept();
    await db.ping();

    expect(await readValue(db, 'SELECT 1')).toBe(1);
  });

  it('is not opened by answers, however bad: a constraint, a syntax error, a call that waited for its turn', async () => {
    await db.execute('INSERT INTO t VALUES (1)');
    for (const _ of numbers(6)) {
      await failureOf(db.execute('INSERT INTO t VALUES (1)'));
      await failureOf(db.execute('SELEC'));
    }
    const holder = await db.transaction();
    for (const _ of numbers(6)) await failureOf(db.withOptions({ timeoutMs: 5 }).execute('DELETE FROM t'));
    await holder.rollback();

    expect(db.status().breaker).toMatchObject({ state: 'closed', failures: 0 });
  });

  it('is opened by transactions too, and by a server that says nothing', async () => {
    proxy.inject({ kind: 'blackhole' });
    const read = () => db.withTransaction((tx) => tx.execute('SELECT 1'), { mode: 'read', timeoutMs: 400 });
    await Promise.all(numbers(5).map(() => failureOf(read())));
    proxy.clear();

    expect(db.status().breaker).toMatchObject({ state: 'open' });
    expect(db.status().timeouts).toBeGreaterThanOrEqual(5);
  });

  it('is opened by calls that end before their connection could be given up', async () => {
    await proxy.refuse();
    await using silent = await startSilentHost(proxy.port);
    const failures = [];
    for (const _ of numbers(6))
      failures.push(await failureOf(db.execute({ sql: 'SELECT 1', timeoutMs: 100 })));

    expect(silent.url).toBe(proxy.url);
    expect(failures.slice(0, 5)).toMatchObject(
      numbers(5).map(() => ({ code: 'TIMEOUT', outcome: 'not-applied' })),
    );
    expect(failures[5]).toMatchObject({ code: 'CIRCUIT_OPEN' });
  });

  it('learns nothing from a call that asks nobody: an empty commit, a refused statement', async () => {
    await proxy.refuse();
    await fail(4);
    await db.withTransaction(() => undefined);
    await failureOf(db.execute('BEGIN'));
    await fail(1);

    expect(db.status().breaker).toMatchObject({ state: 'open', failures: 5 });
  });

  it('counts a transaction that was lost once, however many of its calls are refused afterwards', async () => {
    const tx = await db.transaction('read');
    await tx.execute('SELECT 1');
    await proxy.refuse();
    for (const _ of numbers(6)) await failureOf(tx.execute('SELECT 1'));

    expect(db.status().breaker).toMatchObject({ state: 'closed', failures: 1 });
  });

  it('learns of an answer although its caller stopped waiting for it', async () => {
    await proxy.refuse();
    await fail(4);
    await proxy.accept();
    proxy.inject({ kind: 'delay', downMs: 200 }, { requests: 1 });
    const hasty = { sql: 'SELECT 1', signal: AbortSignal.timeout(100) };
    await failureOf(db.withTransaction((tx) => tx.execute(hasty), { mode: 'read' }));
    await pause(300);

    expect(db.status().breaker).toMatchObject({ state: 'closed', failures: 0 });
  });

  it('does not stay open for a statement that is slow by itself', async () => {
    const hasty = db.withOptions({ timeoutMs: 30 });
    proxy.inject({ kind: 'delay', upMs: 60 }, { when: (text) => text.includes('FROM t') });
    for (const _ of numbers(5)) await failureOf(hasty.execute('SELECT * FROM t'));
    await untilProbeIsDue();

    expect(await readValue(db, 'SELECT 1')).toBe(1);
    expect(db.status().breaker).toMatchObject({ state: 'closed' });
  });

  it('lets the call through that carries a probe which is answered with a refusal, so that its caller is told', async () => {
    await proxy.refuse();
    await fail(5);
    await proxy.accept();
    proxy.inject({ kind: 'respond', status: 401, body: 'expired' });
    await untilProbeIsDue();

    expect(await failureOf(db.execute('SELECT 1'))).toMatchObject({ code: 'HTTP_401', kind: 'auth' });
  });

  it('holds the call that carries the probe no longer than its deadline', async () => {
    await proxy.refuse();
    await fail(5);
    await proxy.accept();
    proxy.inject({ kind: 'blackhole' });
    await untilProbeIsDue();
    const start = performance.now();
    const failure = await failureOf(db.execute({ sql: 'SELECT 1', timeoutMs: 50 }));

    expect(failure).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('is not opened again by a probe that fails after somebody else was answered', async () => {
    await proxy.refuse();
    await fail(5);
    await proxy.accept();
    proxy.inject({ kind: 'blackhole' }, { requests: 1 });
    await untilProbeIsDue();
    const probing = failureOf(db.execute({ sql: 'SELECT 1', timeoutMs: 20 }));
    await pause(50);
    await db.ping();
    await pause(3_300);
    await probing;

    expect(db.status().breaker).toMatchObject({ state: 'closed' });
    expect(await readValue(db, 'SELECT 1')).toBe(1);
  });
});
