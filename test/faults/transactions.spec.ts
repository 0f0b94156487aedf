import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createConnection, type DatabaseTransaction } from '../../lib/index.js';
import { failureOf } from '../contract/facts.js';
import type { Fault, FaultScope } from '../support/fault.js';
import { openOwnRoom, timeOf, type FaultRoom } from './support/fault-room.js';

/** Requests that carry this word, the next one only. */
const first = (word: string): FaultScope => ({ requests: 1, when: (text) => text.includes(word) });

describe('a transaction', () => {
  let room: FaultRoom;
  let runs: number;

  // a server of its own: a transaction whose end was lost keeps the next writer waiting for 5 s
  beforeEach(async () => {
    room = await openOwnRoom({ queryTimeoutMs: 5_000 });
    runs = 0;
  });
  afterEach(() => room.close());

  const insert = async (tx: DatabaseTransaction): Promise<string> => {
    runs++;
    await tx.execute("INSERT INTO books VALUES ('a')");
    return 'done';
  };

  it.each<[string, Fault, string[]]>([
    ['reply to its commit is lost', { kind: 'reset-after-forward' }, ['a']],
    ['commit never arrives', { kind: 'reset-before-forward' }, []],
    ['commit meets a server that fails', { kind: 'respond', status: 502 }, []],
    [
      'reply to its commit is a page',
      { kind: 'respond', status: 200, afterForward: true, body: '<html>' },
      ['a'],
    ],
  ])('has an unknown outcome and is not run again when the %s', async (_name, fault, kept) => {
    room.proxy.inject(fault, first('COMMIT'));
    const failure = await failureOf(room.db.withTransaction(insert));

    expect([failure.outcome, runs]).toEqual(['unknown', 1]);
    expect(await room.names()).toEqual(kept);
  });

  it('lets the next writer in at once when the reply to its commit is lost', async () => {
    room.proxy.inject({ kind: 'reset-after-forward' }, first('COMMIT'));
    await failureOf(room.db.withTransaction(insert));

    expect(await timeOf(room.db.execute("INSERT INTO books VALUES ('b')"))).toBeLessThan(1_500);
    expect(await room.names()).toEqual(['a', 'b']);
  });

  it('runs again when the reply to its commit is lost and it is declared idempotent', async () => {
    room.proxy.inject({ kind: 'reset-after-forward' }, first('COMMIT'));
    const done = await room.db.withTransaction(
      async (tx) => {
        runs++;
        await tx.execute("INSERT INTO books SELECT 'a' WHERE NOT EXISTS (SELECT * FROM books)");
        return 'done';
      },
      { idempotent: true },
    );

    expect([done, runs]).toEqual(['done', 2]);
    expect(await room.names()).toEqual(['a']);
  });

  it.each<[string, Fault]>([
    ['its beginning never arrives', { kind: 'reset-before-forward' }],
    ['the server asks to wait before it begins', { kind: 'respond', status: 429 }],
    ['the server fails before it begins', { kind: 'respond', status: 503 }],
  ])('runs again when %s', async (_name, fault) => {
    room.proxy.inject(fault, first('BEGIN'));
    const attempts: number[] = [];
    await room.db.withTransaction((tx) => {
      attempts.push(tx.attempt);
      return insert(tx);
    });

    expect([attempts, runs]).toEqual([[1, 2], 2]);
    expect(await room.names()).toEqual(['a']);
  });

  it('is not applied when the reply to its beginning is lost', async () => {
    room.proxy.inject({ kind: 'reset-after-forward' }, first('BEGIN'));
    const failure = await failureOf(room.db.withTransaction(insert, { maxAttempts: 1 }));

    expect(failure).toMatchObject({ kind: 'unavailable', outcome: 'not-applied' });
    expect(await room.names()).toEqual([]);
  });

  it.each<[string, Fault]>([
    ['is lost', { kind: 'reset-after-forward' }],
    ['is cut off', { kind: 'fin-mid-body' }],
    ['is a page', { kind: 'respond', status: 200, afterForward: true, body: '<html>' }],
  ])(
    'keeps nothing when the reply to a statement %s, and refuses everything behind it',
    async (_name, fault) => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('a')");
      room.proxy.inject(fault, first("'b'"));
      const settled = await Promise.allSettled([
        tx.execute("INSERT INTO books VALUES ('b')"),
        tx.execute("INSERT INTO books VALUES ('c')"),
        tx.batch(["INSERT INTO books VALUES ('d')"]),
      ]);
      const commit = await failureOf(tx.commit());

      expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      expect(settled[0]).toMatchObject({ reason: { outcome: 'not-applied' } });
      expect([commit.code, tx.closed]).toEqual(['TRANSACTION_CLOSED', true]);
      expect(await room.names()).toEqual([]);
    },
  );

  it('ends at its deadline, keeps nothing and lets the next writer in', async () => {
    const call = failureOf(
      room.db.withTransaction(
        async (tx) => {
          await insert(tx);
          await new Promise((resolve) => setTimeout(resolve, 3_500).unref());
        },
        { timeoutMs: 300 },
      ),
    );

    expect(await timeOf(call)).toBeLessThan(3_000);
    expect(await call).toMatchObject({
      code: 'TRANSACTION_TIMEOUT',
      kind: 'timeout',
      outcome: 'not-applied',
    });
    expect((await call).message).toContain('transactions.spec');
    expect(await timeOf(room.db.execute("INSERT INTO books VALUES ('b')"))).toBeLessThan(1_000);
    expect(await room.names()).toEqual(['b']);
  });

  it('has an unknown outcome when its deadline ends it during the commit', async () => {
    room.proxy.inject({ kind: 'delay', downMs: 3_500 }, first('COMMIT'));
    const call = failureOf(room.db.withTransaction(insert, { timeoutMs: 300 }));

    expect(await timeOf(call)).toBeLessThan(3_000);
    expect([(await call).kind, (await call).outcome, runs]).toEqual(['timeout', 'unknown', 1]);
    expect(await room.names()).toEqual(['a']);
  });

  it('has an unknown outcome when the connection is closed during the commit', async () => {
    room.proxy.inject({ kind: 'delay', downMs: 1_000 }, first('COMMIT'));
    const call = failureOf(room.db.withTransaction(insert));
    while (room.proxy.counts.requests < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await room.db.close();

    expect(await call).toMatchObject({ code: 'CLIENT_CLOSED', outcome: 'unknown' });
    expect(await room.names()).toEqual(['a']);
  });

  it('ends at its deadline while a statement is never answered', async () => {
    room.proxy.inject({ kind: 'blackhole' }, first("'a'"));
    const call = failureOf(room.db.withTransaction(insert, { timeoutMs: 300 }));

    expect(await timeOf(call)).toBeLessThan(3_000);
    expect(await call).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
    expect(await room.names()).toEqual([]);
  });

  it('ends within a bound when not even its rollback is answered', async () => {
    room.proxy.inject({ kind: 'blackhole' }, { when: (text) => text.includes('ROLLBACK') });
    const call = failureOf(
      room.db.withTransaction(async (tx) => {
        await insert(tx);
        throw new Error('mine');
      }),
    );

    expect(await timeOf(call)).toBeLessThan(6_000);
    expect((await call).message).toBe('mine');
    expect(await room.names()).toEqual([]);
  });
});

describe('a server that is restarted', () => {
  let room: FaultRoom;
  beforeEach(async () => {
    room = await openOwnRoom({ queryTimeoutMs: 5_000 });
  });
  afterEach(() => room.close());

  it('makes an open transaction run again, and keeps its rows once', async () => {
    let runs = 0;
    await room.db.withTransaction(async (tx) => {
      runs++;
      await tx.execute("INSERT INTO books VALUES ('a')");
      if (runs === 1) await room.server.restart();
      await tx.execute("INSERT INTO books VALUES ('b')");
    });

    expect(runs).toBe(2);
    expect(await room.names()).toEqual(['a', 'b']);
  });

  it('ends a transaction before it could nest another one', async () => {
    const call = room.db.withTransaction(
      async (tx) => {
        await tx.execute("INSERT INTO books VALUES ('a')");
        await room.server.restart();
        await failureOf(
          room.db.withTransaction((nested) => nested.execute("INSERT INTO books VALUES ('b')")),
        );
        await tx.execute("INSERT INTO books VALUES ('c')");
      },
      { maxAttempts: 1 },
    );

    expect((await failureOf(call)).outcome).toBe('not-applied');
    expect(await room.names()).toEqual([]);
  });

  it('ends a transaction that its caller holds, and keeps nothing', async () => {
    const tx = await room.db.transaction('write');
    await tx.execute("INSERT INTO books VALUES ('a')");
    await room.server.restart();
    const failures = [
      await failureOf(tx.execute("INSERT INTO books VALUES ('b')")),
      await failureOf(tx.commit()),
    ];

    expect(failures.map(({ outcome }) => outcome)).toEqual(['not-applied', 'not-applied']);
    expect(await room.names()).toEqual([]);
  });

  it('is reached again by a call that waited for it', async () => {
    const db = createConnection({ url: room.server.url, maxAttempts: 100 });
    await db.open();
    await room.server.stop();
    // until the end of the server's sockets has been seen: a request into one of them has an unknown outcome
    await new Promise((resolve) => setTimeout(resolve, 50));
    const call = db.execute("INSERT INTO books VALUES ('a')");
    await Promise.all([call, room.server.restart()]);
    await db.close();

    expect(await room.names()).toEqual(['a']);
  });

  it('keeps every acknowledged write when it is killed', async () => {
    let acknowledged = 0;
    const write = async (): Promise<void> => {
      for (;;) {
        await room.db.execute('INSERT INTO books VALUES (?)', [`n${acknowledged}`]);
        acknowledged++;
        if (acknowledged === 40) await room.server.kill('SIGKILL');
      }
    };
    await failureOf(write());
    await room.server.restart();

    expect((await room.names()).slice(0, acknowledged)).toEqual(
      Array.from({ length: acknowledged }, (_, n) => `n${n}`),
    );
  });
});
