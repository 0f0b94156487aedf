import { describe, expect, it } from '@jest/globals';
import { createConnection, DatabaseError, type DatabaseConnection } from '../../lib/index.js';
import { failureOf } from '../contract/facts.js';
import type { Fault } from '../support/fault.js';
import { timeOf } from './support/fault-room.js';
import { useFaultRoom } from './support/use-fault-room.js';

const room = useFaultRoom({ transactionTimeoutMs: 5_000, queryTimeoutMs: 5_000 });

const insert = "INSERT INTO books VALUES ('a')";
const slowDown = (seconds: number) =>
  ({ kind: 'respond', status: 429, headers: { 'retry-after': `${seconds}` } }) as const;

const write = (): Promise<number> =>
  room.db.withTransaction(async (tx) => {
    await tx.execute(insert);
    return tx.attempt;
  });

const lockedError = { message: 'SQLite error: database is locked', code: 'SQLITE_BUSY' };
const locked: Fault = {
  kind: 'respond',
  status: 200,
  body: JSON.stringify({ baton: null, results: [{ type: 'error', error: lockedError }] }),
};

/** Counts the insertions that are sent, of which a fault meets some. */
function countInsertions(fault: Fault, isMet: (sent: number) => boolean): { sent: number } {
  const counter = { sent: 0 };
  const when = (text: string): boolean => text.includes('INSERT') && isMet(++counter.sent);
  room.proxy.inject(fault, { when });
  return counter;
}

describe('a transaction whose server is in trouble', () => {
  it.each(['INSERT', 'COMMIT'])(
    'waits as long as the server asks for when it refuses the %s',
    async (word) => {
      room.proxy.inject(slowDown(1), { requests: 1, when: (text) => text.includes(word) });
      const call = write();

      expect(await timeOf(call)).toBeGreaterThan(990);
      expect([await call, await room.names()]).toEqual([2, ['a']]);
    },
  );

  it('does not wait for another database whose breaker is open', async () => {
    let runs = 0;
    const refused = new DatabaseError('not sent', {
      code: 'CIRCUIT_OPEN',
      kind: 'unavailable',
      outcome: 'not-applied',
      retryAfterMs: 1_000,
    });
    const failure = await failureOf(
      room.db.withTransaction(async (tx) => {
        runs++;
        await tx.execute(insert);
        throw refused;
      }),
    );

    expect([failure, runs]).toEqual([refused, 1]);
    expect(await room.names()).toEqual([]);
  });

  it('fails at once when it would have to wait longer than it may last', async () => {
    const { requests } = room.proxy.counts;
    room.proxy.inject(slowDown(60), { when: (text) => text.includes('INSERT') });
    const failure = await failureOf(write());

    expect(failure).toMatchObject({ code: 'HTTP_429', outcome: 'not-applied', retryAfterMs: 60_000 });
    expect(room.proxy.counts.requests - requests).toBe(1);
  });
});

describe.each<[string, Fault]>([
  ['asks for fewer calls', slowDown(0)],
  ['has given the lock to somebody else', locked],
  ['has taken the stream away', { kind: 'respond', status: 400, body: '{"error":"baton expired"}' }],
])('a transaction whose server %s', (_what, fault) => {
  it('runs again one time for ten at most, so that trouble does not multiply its load', async () => {
    const runs = 60;
    const insertions = countInsertions(fault, (sent) => sent % 3 !== 0);
    const before = room.db.status();
    for (let n = 0; n < runs; n++) await write().catch(() => undefined);
    const { attempts, retries } = room.db.status();

    expect(insertions.sent).toBeGreaterThan(runs);
    expect(insertions.sent).toBeLessThanOrEqual(runs * 1.1 + 10);
    expect([attempts - before.attempts, retries - before.retries]).toEqual([
      insertions.sent,
      insertions.sent - runs,
    ]);
  });
});

describe('a transaction on a file whose lock is taken', () => {
  it('is not run again when the wait for that would end behind its time', async () => {
    const db = createConnection({ url: ':memory:' });
    const details = {
      code: 'SQLITE_BUSY',
      kind: 'busy',
      outcome: 'not-applied',
      retryAfterMs: 60_000,
    } as const;
    const busy = new DatabaseError('taken', details);
    let runs = 0;
    const call = db.withTransaction(
      () => {
        runs++;
        throw busy;
      },
      { timeoutMs: 1_000 },
    );
    const failure = await failureOf(call);
    await db.close();

    expect([failure, runs]).toEqual([busy, 1]);
  });
});

describe('a call that finds a lock of somebody else', () => {
  it.each<[string, (db: DatabaseConnection) => Promise<unknown>]>([
    ['a write', (db) => db.execute(insert)],
    ['a batch', (db) => db.batch([insert], 'write')],
    ['a transaction', (db) => db.withTransaction((tx) => tx.execute(insert))],
  ])('is tried again: %s', async (_name, call) => {
    room.proxy.inject(locked, { requests: 1, when: (text) => text.includes('INSERT') });
    await call(room.db);

    expect(await room.names()).toEqual(['a']);
  });
});
