import { describe, expect, it } from '@jest/globals';
import { createConnection, type DatabaseTransaction } from '../../lib/index.js';
import { failureOf } from '../contract/facts.js';
import type { FaultScope } from '../support/fault.js';
import { openOwnRoom, timeOf } from './support/fault-room.js';
import { useFaultRoom } from './support/use-fault-room.js';

/** Requests that carry this word, the next one only. */
const first = (word: string): FaultScope => ({ requests: 1, when: (text) => text.includes(word) });

/** The server gives the lock of an abandoned transaction away after 5 s. */
const wellBeforeTheServerHelps = 4_000;

describe('a transaction whose statement ends before its answer', () => {
  const room = useFaultRoom({ queryTimeoutMs: 8_000, maxAttempts: 1 });

  const ends: [string, () => object][] = [
    ['by its signal', () => ({ signal: AbortSignal.timeout(50) })],
    ['by its deadline', () => ({ timeoutMs: 50 })],
  ];
  const slowly = { kind: 'delay', downMs: 300 } as const;
  const insert = (name: string) => ({ sql: 'INSERT INTO books VALUES (?)', args: [name] });

  describe.each(ends)('%s', (_end, options) => {
    it.each<[string, string, (tx: DatabaseTransaction) => Promise<unknown>]>([
      [
        'in the middle',
        "'late'",
        async (tx) => {
          await tx.execute("INSERT INTO books VALUES ('early')");
          return tx.execute({ sql: "INSERT INTO books VALUES ('late')", ...options() });
        },
      ],
      [
        'at its beginning',
        'BEGIN',
        (tx) => tx.execute({ sql: "INSERT INTO books VALUES ('late')", ...options() }),
      ],
    ])('%s keeps nothing, and the next writer is served soon', async (_when, word, work) => {
      room.proxy.inject(slowly, first(word));
      const call = failureOf(room.db.withTransaction(work));
      const next = call.then(() => room.db.execute(insert('next')));

      expect(await timeOf(call)).toBeLessThan(3_000);
      expect(await call).toMatchObject({ outcome: 'not-applied' });
      expect(await timeOf(next)).toBeLessThan(wellBeforeTheServerHelps);
      expect((await next).rowsAffected).toBe(1);
      expect(await room.names()).toEqual(['next']);
    });
  });

  it('lets a writer of another process in as soon as its own', async () => {
    const other = createConnection({ url: room.server.url });
    await other.open();
    room.proxy.inject(slowly, first('late'));
    await failureOf(
      room.db.withTransaction(async (tx) => {
        await tx.execute(insert('early'));
        await tx.execute({ ...insert('late'), timeoutMs: 50 });
      }),
    );

    expect(await timeOf(other.execute(insert('other')))).toBeLessThan(wellBeforeTheServerHelps);
    expect(await room.names()).toEqual(['other']);
    await other.close();
  });

  it('is rolled back with the baton of before when the request never arrived', async () => {
    const tx = await room.db.transaction('write');
    await tx.execute(insert('early'));
    room.proxy.inject({ kind: 'reset-before-forward' }, first('late'));
    const failure = await failureOf(tx.execute(insert('late')));

    expect(failure).toMatchObject({ kind: 'unavailable', outcome: 'not-applied' });
    expect(await timeOf(room.db.execute(insert('next')))).toBeLessThan(wellBeforeTheServerHelps);
    expect(await room.names()).toEqual(['next']);
  });

  it('has an unknown outcome when it is the commit, and still lets the next writer in', async () => {
    const tx = await room.db.transaction('write');
    await tx.execute(insert('early'));
    room.proxy.inject({ kind: 'reset-before-forward' }, first('COMMIT'));
    const failure = await failureOf(tx.commit());

    expect(failure.outcome).toBe('unknown');
    expect(await timeOf(room.db.execute(insert('next')))).toBeLessThan(wellBeforeTheServerHelps);
    expect(await room.names()).toEqual(['next']);
  });

  it('goes on when the signal fires before the statement was sent', async () => {
    const done = await room.db.withTransaction(async (tx) => {
      await tx.execute(insert('early'));
      const failure = await failureOf(tx.execute({ ...insert('never'), signal: AbortSignal.abort() }));
      await tx.execute(insert('after'));
      return failure.kind;
    });

    expect(done).toBe('aborted');
    expect(await room.names()).toEqual(['early', 'after']);
  });
});

describe('a server that is stopped in the middle of a transaction', () => {
  it('holds up neither its caller nor a close, and keeps nothing', async () => {
    const room = await openOwnRoom({ queryTimeoutMs: 8_000, shutdownTimeoutMs: 100 });
    let lasted = 0;
    const failure = await failureOf(
      room.db.withTransaction(
        async (tx) => {
          await tx.execute("INSERT INTO books VALUES ('a')");
          await room.server.kill('SIGSTOP');
          const signal = AbortSignal.timeout(100);
          const call = tx.execute({ sql: "INSERT INTO books VALUES ('b')", signal });
          lasted = await timeOf(call);
          await call;
        },
        { maxAttempts: 1 },
      ),
    );

    expect(failure).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
    expect(lasted).toBeLessThan(3_000);
    expect(await timeOf(room.db.close())).toBeLessThan(5_000);
    await room.server.kill('SIGCONT');
    expect(await room.names()).toEqual([]);
    await room.close();
  });
});

describe('a statement that the server is still at when its time is over', () => {
  const room = useFaultRoom({});

  it('is cancelled there: the next writer is served soon, and nothing of it is kept', async () => {
    const direct = createConnection({ url: room.server.url });
    const slow =
      "INSERT INTO books SELECT 'slow' FROM (WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 1000000000) SELECT count(*) FROM n)";
    const failure = await failureOf(direct.execute({ sql: slow, timeoutMs: 500 }));
    const next = direct.execute("INSERT INTO books VALUES ('next')");

    expect(failure).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' });
    expect(await timeOf(next)).toBeLessThan(wellBeforeTheServerHelps);
    await direct.close();
    expect(await room.names()).toEqual(['next']);
  });
});
