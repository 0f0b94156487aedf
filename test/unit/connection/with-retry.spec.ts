import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createDeadline } from '../../../lib/async/deadline.js';
import { RetryBudget } from '../../../lib/connection/retry-budget.js';
import { withRetry } from '../../../lib/connection/with-retry.js';
import type { DriverConnection } from '../../../lib/contract/connection.js';
import { DatabaseError, type DatabaseErrorDetails } from '../../../lib/errors/database-error.js';
import { failureOf } from '../../contract/facts.js';

const unreachable: DatabaseErrorDetails = {
  code: 'ECONNREFUSED',
  kind: 'unavailable',
  outcome: 'not-applied',
};
const fail = (details: Partial<DatabaseErrorDetails> = {}) =>
  new DatabaseError('x', { ...unreachable, ...details });

async function* answerRow(answer: () => Promise<never>): AsyncGenerator<never, void, undefined> {
  yield await answer();
}

/** Fails with each of the errors in turn, then answers; counts what it was asked. */
function createConnection(errors: Error[]) {
  const calls: string[] = [];
  const answer = async (name: string): Promise<never> => {
    calls.push(name);
    const error = errors.shift();
    if (error !== undefined) throw error;
    return name as never;
  };
  const connection: DriverConnection = {
    databaseKey: 'key',
    execute: () => answer('execute'),
    batch: () => answer('batch'),
    executeMultiple: () => answer('executeMultiple'),
    stream: () => answerRow(() => answer('stream')),
    begin: () => answer('begin'),
    isRead: () => Promise.resolve(false),
    ping: () => answer('ping'),
    waiting: () => 7,
    close: () => answer('close'),
  };
  return { connection: withRetry(connection, 3, new RetryBudget()), calls };
}

describe('withRetry', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const statement = { sql: 'SELECT 1', args: [] };
  const deadline = (signal?: AbortSignal) => createDeadline(5_000, signal);
  const execute = (connection: DriverConnection, until = deadline()) => connection.execute(statement, until);

  async function settled<T>(call: Promise<T>): Promise<T> {
    void call.catch(() => undefined);
    await jest.advanceTimersByTimeAsync(6_000);
    return call;
  }

  it.each<[string, (connection: DriverConnection) => Promise<unknown>]>([
    ['execute', (connection) => execute(connection)],
    ['batch', (connection) => connection.batch([], { mode: 'write', foreignKeys: true }, deadline())],
    ['executeMultiple', (connection) => connection.executeMultiple('', deadline())],
    ['begin', (connection) => connection.begin('write', deadline(), 'here')],
    ['stream', async (connection) => (await connection.stream(statement, deadline()).next()).value],
  ])('calls %s again while the server cannot be reached', async (name, call) => {
    const { connection, calls } = createConnection([fail(), fail()]);

    expect(await settled(call(connection))).toBe(name);
    expect(calls).toEqual([name, name, name]);
  });

  it('calls again while somebody else holds the lock', async () => {
    const { connection, calls } = createConnection([fail({ kind: 'busy' }), fail({ kind: 'busy' })]);

    expect(await settled(execute(connection))).toBe('execute');
    expect(calls).toHaveLength(3);
  });

  it('gives up after maxAttempts calls with the last error', async () => {
    const errors = [fail(), fail(), fail({ code: 'ENOTFOUND' }), fail()];
    const { connection, calls } = createConnection(errors);

    expect(await settled(failureOf(execute(connection)))).toMatchObject({ code: 'ENOTFOUND' });
    expect(calls).toHaveLength(3);
  });

  it.each<[string, Error]>([
    ['an unknown outcome', fail({ outcome: 'unknown' })],
    ['an applied one', fail({ outcome: 'applied' })],
    ['a lock in the middle of a script', fail({ kind: 'busy', outcome: 'unknown' })],
    ['a timeout', fail({ kind: 'timeout' })],
    ['a refused token', fail({ kind: 'auth' })],
    ['an error of nobody', new Error('x')],
  ])('never repeats a call with %s', async (_name, error) => {
    const { connection, calls } = createConnection([error]);

    expect(await settled(failureOf(execute(connection)))).toBe(error);
    expect(calls).toHaveLength(1);
  });

  it('waits as long as the server asks for', async () => {
    const { connection, calls } = createConnection([fail({ retryAfterMs: 2_000 })]);
    const call = execute(connection);
    await jest.advanceTimersByTimeAsync(1_999);
    expect(calls).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);

    expect([await call, calls.length]).toEqual(['execute', 2]);
  });

  it('fails at once when the wait would outlast the deadline', async () => {
    const error = fail({ retryAfterMs: 60_000 });
    const { connection, calls } = createConnection([error]);

    expect(await failureOf(execute(connection))).toBe(error);
    expect([calls.length, jest.getTimerCount()]).toEqual([1, 0]);
  });

  it('stops waiting when the signal fires', async () => {
    const controller = new AbortController();
    const { connection, calls } = createConnection([fail({ retryAfterMs: 2_000 })]);
    const call = failureOf(execute(connection, deadline(controller.signal)));
    await jest.advanceTimersByTimeAsync(10);
    controller.abort();

    expect(await call).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
    expect(calls).toHaveLength(1);
  });

  it('asks a ping and a close once, and passes the rest on', async () => {
    const { connection, calls } = createConnection([fail()]);
    const failure = await failureOf(connection.ping(deadline()));
    await connection.close(deadline());

    expect(failure.code).toBe('ECONNREFUSED');
    expect(calls).toEqual(['ping', 'close']);
    expect([connection.databaseKey, connection.waiting()]).toEqual(['key', 7]);
  });

  it('makes one further attempt for ten calls at most while nothing is answered', async () => {
    const { connection, calls } = createConnection(Array.from({ length: 2_000 }, () => fail()));
    for (let n = 0; n < 300; n++) await failureOf(settled(execute(connection)));

    expect(calls.length).toBeGreaterThan(300);
    expect(calls.length).toBeLessThanOrEqual(300 + 300 / 10 + 10);
  });
});
