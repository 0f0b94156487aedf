import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { AmbientDeadline, runWithinDeadline } from '../../lib/database/ambient-deadline.js';
import type { DatabaseError } from '../../lib/index.js';
import { failureOf, readValue } from '../contract/facts.js';
import { timeOf } from './support/fault-room.js';
import { useFaultRoom } from './support/use-fault-room.js';

const room = useFaultRoom({ queryTimeoutMs: 5_000 });

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const read = (n: number): Promise<unknown> => readValue(room.db, 'SELECT ? + 0', [n]);
const insert = (name: string) => room.db.execute('INSERT INTO books VALUES (?)', [name]);
const carries = (part: string) => (text: string) => text.includes(part);

/** How many requests went to the server for it. */
async function countRequests(work: () => Promise<unknown>, { counts } = room.proxy): Promise<number> {
  const before = counts.requests;
  await work();
  return counts.requests - before;
}

/** The errors of calls that are all expected to fail. */
async function failuresOf(calls: readonly Promise<unknown>[]): Promise<DatabaseError[]> {
  return Promise.all(calls.map((call) => failureOf(call)));
}

describe('an answer without the part of a write', () => {
  it('leaves its outcome unknown, and nothing is sent again', async () => {
    const batch = { type: 'batch', result: { step_results: [], step_errors: [] } };
    const results = [batch, { type: 'close' }].map((response) => ({ type: 'ok', response }));
    room.proxy.inject(
      { kind: 'respond', status: 200, body: JSON.stringify({ baton: null, results }) },
      { requests: 1 },
    );
    const requests = await countRequests(async () => {
      expect(await failureOf(insert('a'))).toMatchObject({ code: 'HRANA_PROTO_ERROR', outcome: 'unknown' });
    });

    expect(requests).toBe(1);
    expect(await room.names()).toEqual([]);
  });

  it('leaves that of a batch unknown, although its transaction has begun, and nothing is sent again', async () => {
    const done = { cols: [], rows: [], affected_row_count: 1, last_insert_rowid: '1' };
    const batch = { type: 'batch', result: { step_results: [done, done], step_errors: [null, null] } };
    const results = [batch, { type: 'close' }].map((response) => ({ type: 'ok', response }));
    room.proxy.inject({ kind: 'respond', status: 200, body: JSON.stringify({ baton: null, results }) });
    const requests = await countRequests(async () => {
      const failure = await failureOf(room.db.batch([{ sql: "INSERT INTO books VALUES ('a')", args: [] }]));
      expect(failure).toMatchObject({ code: 'HRANA_PROTO_ERROR', outcome: 'unknown' });
    });

    expect(requests).toBe(1);
  });
});

describe('calls of one tick', () => {
  it('share requests when they read: two hundred go in at most ten', async () => {
    let answers: unknown[] = [];
    const requests = await countRequests(async () => (answers = await Promise.all(numbers(200).map(read))));

    expect(answers).toEqual(numbers(200));
    expect(requests).toBeLessThanOrEqual(10);
  });

  it('share requests when they write, and each answers its own row', async () => {
    let rowids: unknown[] = [];
    const requests = await countRequests(async () => {
      const results = await Promise.all(numbers(64).map((n) => insert(`book ${n}`)));
      rowids = results.map(({ lastInsertRowid }) => Number(lastInsertRowid));
    });

    expect(rowids).toEqual(numbers(64).map((n) => n + 1));
    expect(await room.names()).toEqual(numbers(64).map((n) => `book ${n}`));
    expect(requests).toBeLessThanOrEqual(4);
  });

  it('never mix reads and writes', async () => {
    const requests = await countRequests(() =>
      Promise.all([read(1), insert('a'), read(2), insert('b'), read(3)]),
    );

    expect(requests).toBe(2);
  });

  it('come to the database in their order, a transaction among them', async () => {
    await Promise.all([
      insert('a'),
      room.db.withTransaction((tx) => tx.execute("INSERT INTO books VALUES ('b')")),
      insert('c'),
      room.db.batch(["INSERT INTO books VALUES ('d')"], 'write'),
      insert('e'),
    ]);

    expect(await room.names()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('share again after a lost request, also when their statement always fails', async () => {
    const fails = () => failuresOf(numbers(2).map(() => room.db.execute("SELECT json('{')")));
    room.proxy.inject({ kind: 'reset-after-forward' }, { requests: 1 });
    const lost = await fails();
    const requests = await countRequests(async () => void (await fails()));

    expect(lost).toMatchObject([{ code: 'SQLITE_ERROR' }, { code: 'SQLITE_ERROR' }]);
    expect(requests).toBe(1);
  });

  it('are requests whose start Node tells once each', async () => {
    const started: unknown[] = [];
    const onStart = (message: unknown): void => void started.push(message);
    subscribe('http.client.request.start', onStart);
    const requests = await countRequests(async () => {
      for (const n of numbers(5)) await read(n);
    });
    unsubscribe('http.client.request.start', onStart);

    expect([requests, started.length]).toEqual([5, 5]);
  });

  it('fail alone', async () => {
    await room.db.execute('CREATE UNIQUE INDEX names ON books (name)');
    const results = await Promise.allSettled([
      insert('a'),
      insert('a'),
      room.db.execute('UPDATE books SET nothing = 1'),
      room.db.execute('UPDATE books SET'),
      insert('b'),
      read(1),
      room.db.execute('SELECT 1 FROM'),
      room.db.execute('SELECT nothing FROM books'),
      read(2),
    ]);
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));

    expect(results.map(({ status }) => status === 'fulfilled')).toEqual([
      true,
      false,
      false,
      false,
      true,
      true,
      false,
      false,
      true,
    ]);
    expect(failures.map(({ kind, outcome }: DatabaseError) => [kind, outcome])).toEqual([
      ['constraint', 'not-applied'],
      ...numbers(4).map(() => ['syntax', 'not-applied']),
    ]);
    expect(await room.names()).toEqual(['a', 'b']);
  });

  it.each([
    ['a pragma', 'PRAGMA user_version'],
    ['a WITH', 'WITH n(v) AS (SELECT 1) SELECT v FROM n'],
    ['an explanation', 'EXPLAIN QUERY PLAN SELECT * FROM books'],
    ['an upsert', "INSERT INTO books VALUES ('a') ON CONFLICT DO NOTHING"],
    ['an INSERT OR', "INSERT OR IGNORE INTO books VALUES ('a')"],
    ['a replacement', "REPLACE INTO books VALUES ('a')"],
    ['a statement that asks for what the one before left', 'UPDATE books SET name = last_insert_rowid()'],
    ['a change of the schema', 'CREATE TABLE IF NOT EXISTS more (id)'],
  ])('go alone: %s', async (_name, sql) => {
    expect(await countRequests(() => Promise.all(numbers(3).map(() => room.db.execute(sql))))).toBe(3);
  });

  it('go alone with a time or a signal of their own', async () => {
    const { signal } = new AbortController();
    const calls = [{ timeoutMs: 1_000 }, { signal }].flatMap((options) =>
      numbers(2).map(() => room.db.execute({ sql: 'SELECT 1', ...options })),
    );

    expect(await countRequests(() => Promise.all(calls))).toBe(4);
  });

  it('answer no rowid of somebody else, whatever they insert into', async () => {
    await room.db.execute('CREATE TABLE plain (id INTEGER PRIMARY KEY, name TEXT)');
    await room.db.execute('CREATE TABLE keyed (name TEXT PRIMARY KEY) WITHOUT ROWID');
    const round = (n: number) =>
      Promise.all([
        room.db.execute('INSERT INTO plain VALUES (?, ?)', [777 + n, 'a']),
        room.db.execute('INSERT INTO keyed VALUES (?)', [`a${n}`]),
        room.db.execute('INSERT INTO plain (id) SELECT 5 FROM keyed WHERE 0'),
        room.db.execute('INSERT INTO keyed VALUES (?)', [`b${n}`]),
        insert('c'),
      ]);
    const rowids = (await Promise.all([round(0), round(10), round(20)])).map((results) =>
      results.map(({ lastInsertRowid }) => Number(lastInsertRowid)),
    );

    expect(rowids).toEqual([0, 1, 2].map((n) => [777 + n * 10, 0, 0, 0, n + 1]));
  });
});

describe('the answers to several reads', () => {
  const room = useFaultRoom({ queryTimeoutMs: 30_000 });

  const large = (megabytes: number, n: number) =>
    room.db.execute(`SELECT printf('%.*c', ${megabytes * 1_000_000}, 'x') AS text, ? AS n`, [n]);

  it('are asked for one by one when they are too long together', async () => {
    const results = await Promise.all(numbers(8).map((n) => large(3, n)));

    expect(results.map(({ rows: [row] }) => [(row?.['text'] as string).length, row?.['n']])).toEqual(
      numbers(8).map((n) => [3_000_000, n]),
    );
  });

  it('come apart when one was long the last time', async () => {
    const first = await countRequests(() => Promise.all(numbers(3).map((n) => large(0.5, n))), room.proxy);
    const second = await countRequests(() => Promise.all(numbers(3).map((n) => large(0.5, n))), room.proxy);

    expect([first, second]).toEqual([1, 3]);
  });

  it('come without the one that is too long for the server', async () => {
    const results = await Promise.allSettled([
      room.db.execute('SELECT 1'),
      room.db.execute("SELECT printf('%.*c', 4000000, 'x') FROM (VALUES (1), (2), (3), (4))"),
      room.db.execute('SELECT 2'),
    ]);

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { code: 'RESPONSE_TOO_LARGE', outcome: 'not-applied' } });
  });
});

describe('a shared request that is lost', () => {
  beforeEach(async () => {
    await read(0);
  });

  it('leaves each write unknown, with an error of its own, and repeats none', async () => {
    room.proxy.inject({ kind: 'reset-after-forward' }, { requests: 1, when: carries('INSERT') });
    const failures = await failuresOf(numbers(10).map((n) => insert(`${n}`)));

    expect(failures.map(({ kind, outcome }) => [kind, outcome])).toEqual(
      numbers(10).map(() => ['unavailable', 'unknown']),
    );
    expect(new Set(failures).size).toBe(10);
    expect(await room.names()).toEqual(numbers(10).map(String));
    expect(room.db.status()).toMatchObject({ retries: 0, breaker: { state: 'closed', failures: 1 } });
  });

  it('is repeated by each read alone, behind one ping, and counts as one failure', async () => {
    room.proxy.inject({ kind: 'reset-after-forward' }, { requests: 1, when: carries('SELECT') });
    let answers: unknown[] = [];
    const requests = await countRequests(async () => (answers = await Promise.all(numbers(30).map(read))));

    expect(answers).toEqual(numbers(30));
    expect(requests).toBe(1 + 1 + 30);
    expect(room.db.status()).toMatchObject({ retries: 30, breaker: { state: 'closed' } });
  });

  it.each([500, 429])('gives everybody an error of his own when it is refused with %d', async (status) => {
    room.proxy.inject({ kind: 'respond', status, headers: { 'retry-after': '7' } });
    const failures = await failuresOf(numbers(3).map((n) => insert(`${n}`)));

    expect(new Set(failures).size).toBe(3);
    expect(failures.map(({ code, retryAfterMs }) => [code, retryAfterMs])).toEqual(
      numbers(3).map(() => [`HTTP_${status}`, 7_000]),
    );
  });
});

describe('a caller of a shared request', () => {
  const within = <T>(timeoutMs: number, signal: AbortSignal, call: () => Promise<T>): Promise<T> =>
    runWithinDeadline(new AmbientDeadline(timeoutMs, signal), call);

  it('ends by itself when its time is over, and the others are answered', async () => {
    room.proxy.inject({ kind: 'delay', downMs: 800 }, { requests: 1 });
    const { signal } = new AbortController();
    const calls = [read(1), failureOf(within(200, signal, () => read(2))), read(3)];
    const [first, failure, third] = await Promise.all(calls);

    expect([first, third]).toEqual([1, 3]);
    expect(failure).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' });
    expect(room.db.status().inFlight).toBe(0);
  });

  it('leaves a request that nobody comes back to: who comes next gets another', async () => {
    const holder = await room.db.transaction('write');
    const aborted = new AbortController();
    const left = failureOf(within(5_000, aborted.signal, () => insert('left')));
    await new Promise((resolve) => setTimeout(resolve, 50));
    aborted.abort();

    expect(await left).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
    const next = insert('next');
    await holder.commit();
    await next;
    expect(await room.names()).toEqual(['next']);
  });

  it('ends by itself when its request is aborted, and the others are applied', async () => {
    room.proxy.inject({ kind: 'delay', downMs: 1_200 }, { requests: 1 });
    const controller = new AbortController();
    const aborted = within(5_000, controller.signal, () => insert('a'));
    const time = timeOf(aborted);
    const other = insert('b');
    setTimeout(() => controller.abort(), 100);

    expect(await failureOf(aborted)).toMatchObject({ kind: 'aborted', outcome: 'unknown' });
    expect(await time).toBeLessThan(1_100);
    expect((await other).rowsAffected).toBe(1);
    expect(await room.names()).toEqual(['a', 'b']);
  });

  describe('on a connection with one stream', () => {
    const room = useFaultRoom({ queryTimeoutMs: 5_000, pool: { maxStreams: 1 } });

    it('has its request cut when nobody else waits for it', async () => {
      const read = (n: number): Promise<unknown> => readValue(room.db, 'SELECT ? + 0', [n]);
      await read(0);
      const { connections } = room.proxy.counts;
      room.proxy.inject({ kind: 'blackhole' }, { requests: 1 });
      const controller = new AbortController();
      const calls = numbers(3).map((n) => failureOf(within(5_000, controller.signal, () => read(n))));
      setTimeout(() => controller.abort(), 100);

      for (const failure of await Promise.all(calls)) expect(failure.kind).toBe('aborted');
      // the stream is free for who comes next, and its socket is gone
      expect(await read(1)).toBe(1);
      expect(room.proxy.counts.connections).toBe(connections + 1);
    });
  });
});
