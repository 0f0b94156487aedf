import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from '../../lib/index.js';
import { failureOf, readValue } from '../contract/facts.js';
import type { Fault } from '../support/fault.js';
import { openOwnRoom, timeOf, type FaultRoom } from './support/fault-room.js';

const insert = (name: string) => ({ sql: 'INSERT INTO books VALUES (?)', args: [name] });
const count = 'SELECT count(*) FROM books';

describe('a server with a connection to it', () => {
  let room: FaultRoom;
  beforeEach(async () => {
    room = await openOwnRoom({ queryTimeoutMs: 5_000 });
  });
  afterEach(() => room.close());

  it('that was killed while the connection was idle and started again serves the next calls', async () => {
    await room.db.execute(insert('a'));
    await room.server.kill('SIGKILL');
    // until the end of its sockets has been seen: a request into one of them has an unknown outcome
    await sleep(100);
    await room.server.restart();

    expect(await readValue(room.db, count)).toBe(1);
    await room.db.execute(insert('b'));
    expect(await room.names()).toEqual(['a', 'b']);
  });

  it('that is stopped with reads and writes in flight holds nobody up, and nothing is written twice', async () => {
    await room.server.kill('SIGSTOP');
    const calls = [
      ...[1, 2, 3].map(() => room.db.execute({ sql: count, timeoutMs: 400 })),
      ...['a', 'b', 'c'].map((name) => room.db.execute({ ...insert(name), timeoutMs: 400 })),
      room.db.batch([insert('d')], 'write'),
      room.db.withTransaction((tx) => tx.execute(insert('e')), { timeoutMs: 400 }),
    ];
    const settled = Promise.allSettled(calls);

    expect(await timeOf(settled)).toBeLessThan(9_000);
    const outcomes = (await settled).map((result) =>
      result.status === 'rejected' ? String((result.reason as { kind: unknown }).kind) : 'ok',
    );
    expect(new Set(outcomes)).toEqual(new Set(['timeout']));
    await room.server.kill('SIGCONT');
    await room.db.ping();
    await room.db.execute(insert('next'));

    const names = await room.names();
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('next');
    expect(names).not.toContain('e');
  });

  it('is not followed to where a redirect points, and nothing is applied', async () => {
    const location = `${room.server.url}/v3/pipeline`;
    for (const status of [301, 302, 307, 308]) {
      room.proxy.inject({ kind: 'respond', status, headers: { location } }, { requests: 1 });
      expect(await failureOf(room.db.execute(insert('a')))).toMatchObject({
        code: `HTTP_${status}`,
        outcome: 'not-applied',
      });
    }
    expect((await room.db.execute(insert('b'))).rowsAffected).toBe(1);
    expect(await room.names()).toEqual(['b']);
  });

  it.each<[string, Fault, string[]]>([
    ['that gives up before the work', { kind: 'respond', status: 502 }, ['next']],
    ['that gives up behind it', { kind: 'respond', status: 502, afterForward: true }, ['a', 'next']],
    ['that drips a byte a second', { kind: 'drip', bytes: 1, everyMs: 1_000 }, ['a', 'next']],
  ])('behind a proxy %s leaves the outcome of a write unknown, once', async (_name, fault, names) => {
    room.proxy.inject(fault, { requests: 1 });
    const call = failureOf(room.db.execute({ ...insert('a'), timeoutMs: 800 }));

    expect(await timeOf(call)).toBeLessThan(4_000);
    expect((await call).outcome).toBe('unknown');
    await room.db.execute(insert('next'));
    expect(await room.names()).toEqual(names);
  });

  it('refuses an argument of 20 MB, and goes on', async () => {
    const large = new Uint8Array(20_000_000);
    const sql = 'INSERT INTO books VALUES (?)';
    const failures = [
      await failureOf(room.db.execute({ sql, args: [large], timeoutMs: 15_000 })),
      await failureOf(room.db.withTransaction((tx) => tx.execute({ sql, args: [large] }))),
    ];

    for (const failure of failures)
      expect(failure).toMatchObject({ kind: 'too-large', outcome: 'not-applied' });
    await room.db.execute(insert('next'));
    expect(await room.names()).toEqual(['next']);
  });

  const numbers = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12)';
  const tooMuch = `SELECT i, zeroblob(1000000) FROM (${numbers} SELECT i FROM n)`;
  const writesTooMuch = `${numbers} INSERT INTO books SELECT i FROM n RETURNING zeroblob(1000000)`;

  it('refuses to answer with more than 10 MB, and says what may be kept of a write', async () => {
    const read = await failureOf(room.db.execute(tooMuch));
    const batch = await failureOf(room.db.batch([insert('a'), writesTooMuch], 'write'));
    const nothing = await room.names();
    const write = await failureOf(room.db.execute(writesTooMuch));

    expect(read).toMatchObject({ kind: 'too-large', outcome: 'not-applied' });
    expect(batch).toMatchObject({ kind: 'too-large', outcome: 'not-applied' });
    expect(nothing).toEqual([]);
    expect(write).toMatchObject({ kind: 'too-large', outcome: 'unknown' });
    expect(await room.names()).toHaveLength(12);
  });

  it.each([
    ['a read', [tooMuch]],
    ['a write', [writesTooMuch]],
    ['a batch', ["INSERT INTO books VALUES ('b')", tooMuch]],
  ])('ends a transaction whose answer to %s is too large, and keeps nothing of it', async (_name, batch) => {
    for (const before of [[], [insert('a')]]) {
      const failures: unknown[] = [];
      const call = room.db.withTransaction(async (tx) => {
        for (const statement of before) await tx.execute(statement);
        failures.push(await failureOf(tx.batch(batch)), await failureOf(tx.execute(insert('c'))));
      });

      expect((await failureOf(call)).outcome).toBe('not-applied');
      expect(failures).toMatchObject([
        { kind: 'too-large', outcome: 'not-applied' },
        { code: 'TRANSACTION_CLOSED', outcome: 'not-applied' },
      ]);
    }
    await room.db.execute(insert('next'));
    expect(await room.names()).toEqual(['next']);
  });
});

describe('a server that is down at first', () => {
  it('refuses the first call in time and serves the next one when it has come up', async () => {
    const room = await openOwnRoom();
    await room.proxy.refuse();
    const db = createConnection({ url: room.proxy.url, lazy: true });
    const call = failureOf(db.execute(insert('a')));

    expect(await timeOf(call)).toBeLessThan(5_000);
    expect(await call).toMatchObject({ kind: 'unavailable', outcome: 'not-applied' });
    await room.proxy.accept();
    await db.execute(insert('b'));
    expect(await room.names()).toEqual(['b']);
    await db.close();
    await room.close();
  });

  it('is told by its name when it cannot be found', async () => {
    const db = createConnection({ url: 'http://no-such-host.invalid:8080', maxAttempts: 1 });
    const failure = await failureOf(db.execute(insert('a')));
    await db.close();

    expect(failure).toMatchObject({ kind: 'unavailable', outcome: 'not-applied' });
    expect(failure.code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
    expect(failure.message).toContain('no-such-host.invalid:8080');
  });
});
