import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createResolvedConnection } from '../../lib/database/create-connection.js';
import { createConnection, type DatabaseConnection, type DatabaseModuleOptions } from '../../lib/index.js';
import { createOptionsEnvironment } from '../../lib/options/options-environment.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { createLatch, failureOf, readColumn, readValue } from '../contract/facts.js';
import { createTempDatabase } from '../support/temp-database.js';
import { useBackends } from './support/backends.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(useBackends())('transactions that try to break each other, on %s', (_name, findUrl) => {
  let db: DatabaseConnection;
  const options: DatabaseModuleOptions = { transactionTimeoutMs: 8_000, shutdownTimeoutMs: 200 };

  beforeEach(async () => {
    db = createConnection({ url: await findUrl(), ...options });
    await db.execute('CREATE TABLE t (a)');
  });
  afterEach(() => db.close());

  const insert = (value: unknown) => db.execute('INSERT INTO t VALUES (?)', [String(value)]);
  const found = async (): Promise<unknown[]> => (await readColumn(db, 'SELECT a FROM t')).sort();
  const mine = new Error('mine');

  it('keep exactly what was answered as committed, among twenty siblings that fail and succeed', async () => {
    const kept = await db.withTransaction(async () => {
      const settled = await Promise.allSettled(
        numbers(20).map((n) =>
          db.withTransaction(async () => {
            await insert(`n${n}`);
            await db.withTransaction(() => insert(`n${n} deep`)).catch(() => undefined);
            if (n % 3 === 0) throw mine;
            return n;
          }),
        ),
      );
      return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    });

    expect(kept).toEqual(numbers(20).filter((n) => n % 3 !== 0));
    expect(await found()).toEqual(kept.flatMap((n) => [`n${n}`, `n${n} deep`]).sort());
  });

  it('keep nothing of a nested one whose savepoint is gone, nor anything around it', async () => {
    const outer = await failureOf(
      db.withTransaction(async (tx) => {
        await tx.execute('SAVEPOINT theirs');
        const inner = await failureOf(
          db.withTransaction(async (nested) => {
            await insert('inner');
            await nested.execute('RELEASE theirs');
            throw mine;
          }),
        );
        expect(inner).toBe(mine);
        expect(inner).toHaveProperty('rollbackError');
        await insert('late');
      }),
    );

    expect(outer).toMatchObject({ code: 'TRANSACTION_CLOSED', outcome: 'not-applied' });
    expect(await found()).toEqual([]);
  });

  it('keep the first error when it cannot carry another one', async () => {
    const frozen: Error = Object.freeze(new Error('frozen'));
    const outer = await failureOf(
      db.withTransaction(async (tx) => {
        await tx.execute('SAVEPOINT theirs');
        const inner = await failureOf(
          db.withTransaction(async (nested) => {
            await nested.execute('RELEASE theirs');
            throw frozen;
          }),
        );
        expect(inner).toBe(frozen);
        throw inner;
      }),
    );

    expect(outer).toBe(frozen);
  });

  it('keep nothing when the deadline ends them inside a nested one', async () => {
    const inner = createLatch();
    let late: Promise<unknown> | undefined;
    const failure = await failureOf(
      db.withTransaction(
        async () => {
          await insert('outer');
          await db.withTransaction(async () => {
            await insert('inner');
            await db.withTransaction(async () => {
              await insert('innermost');
              late = inner.opened.then(() => failureOf(insert('late')));
              await inner.opened;
            });
          });
        },
        { timeoutMs: 250 },
      ),
    );
    inner.open();

    expect(failure).toMatchObject({ code: 'TRANSACTION_TIMEOUT', kind: 'timeout', outcome: 'not-applied' });
    expect(await late).toMatchObject({ code: 'TRANSACTION_CLOSED', outcome: 'not-applied' });
    expect(await found()).toEqual([]);
    await insert('next');
    expect(await found()).toEqual(['next']);
  });

  it('undo a nested one whose parent was left before it ended', async () => {
    const goOn = createLatch();
    let orphan: Promise<unknown> | undefined;
    await failureOf(
      db.withTransaction(async () => {
        orphan = failureOf(
          db.withTransaction(async () => {
            await insert('orphan');
            await goOn.opened;
            await insert('orphan late');
          }),
        );
        await pause(30);
        throw mine;
      }),
    );
    goOn.open();

    expect(await orphan).toMatchObject({ code: 'TRANSACTION_CLOSED', outcome: 'not-applied' });
    expect(await found()).toEqual([]);
  });

  it('go on in the outer one when a nested one left an inner one behind', async () => {
    const goOn = createLatch();
    let orphan: Promise<unknown> | undefined;
    await db.withTransaction(async () => {
      await insert('outer');
      await failureOf(
        db.withTransaction(async () => {
          await insert('undone');
          orphan = failureOf(
            db.withTransaction(async () => {
              await insert('orphan');
              await goOn.opened;
              throw mine;
            }),
          );
          await pause(30);
          throw mine;
        }),
      );
      goOn.open();
      await orphan;
      await insert('outer again');
    });

    expect(await orphan).toBe(mine);
    expect(await found()).toEqual(['outer', 'outer again']);
  });

  it('wait for a nested one that was not awaited before they commit', async () => {
    await db.withTransaction(async () => {
      await insert('outer');
      void db.withTransaction(async () => {
        await pause(30);
        await insert('not awaited');
      });
      await pause(5);
    });

    expect(await found()).toEqual(['not awaited', 'outer']);
  });

  it('give up one call by its signal and go on with the rest', async () => {
    const controller = new AbortController();
    await db.withTransaction(async (tx) => {
      await insert('before');
      const nested = db.withTransaction(() => pause(60));
      await pause(5);
      const waiting = failureOf(
        tx.execute({ sql: "INSERT INTO t VALUES ('aborted')", signal: controller.signal }),
      );
      controller.abort();
      expect(await waiting).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
      await nested;
      await insert('after');
    });

    expect(await found()).toEqual(['after', 'before']);
  });

  it('free the gate whatever becomes of them', async () => {
    const run = (n: number): Promise<unknown> => {
      switch (n % 6) {
        case 0:
          return db.withTransaction(() => insert(n));
        case 1:
          return db.withTransaction(() => Promise.reject(mine));
        case 2:
          return db.withTransaction(() => pause(200), { timeoutMs: 20 });
        case 3:
          return db.execute({ sql: 'INSERT INTO t VALUES (1)', signal: AbortSignal.timeout(1) });
        case 4:
          return db.batch(["INSERT INTO t VALUES ('batch')", 'INSERT INTO nowhere VALUES (1)'], 'write');
        default:
          return db.transaction('write').then((tx) => tx.close());
      }
    };
    await Promise.allSettled(numbers(36).map(run));

    const start = performance.now();
    await insert('free');
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(db.status()).toMatchObject({ inFlight: 0, waiting: 0 });
    expect(await found()).toEqual(expect.arrayContaining(['free']));
    expect(await readValue(db, "SELECT count(*) FROM t WHERE a = 'batch'")).toBe(0);
  });

  it('end with the connection, all at once, and leave nothing undecided', async () => {
    const calls: Promise<unknown>[] = [
      ...numbers(5).map((n) => insert(n)),
      ...numbers(5).map((n) => db.withTransaction(() => insert(`tx ${n}`))),
      db.withTransaction(async () => {
        await insert('nested');
        await db.withTransaction(() => pause(5_000));
      }),
      db.transaction('write').then(() => pause(1)),
      db.batch(["INSERT INTO t VALUES ('batch')"], 'write'),
      db.withTransaction(() => readValue(db, 'SELECT 1'), { mode: 'read' }),
    ];
    const settled = Promise.allSettled(calls);
    const start = performance.now();
    await db.close();

    expect(performance.now() - start).toBeLessThan(4_000);
    for (const result of await settled) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ outcome: 'not-applied' });
    }
    expect(db.status()).toMatchObject({ state: 'closed', inFlight: 0 });
  });

  it('report what nobody is there to be told', async () => {
    const reports: string[] = [];
    const resolved = resolveOptions(
      { url: await findUrl(), transactionTimeoutMs: 500 },
      createOptionsEnvironment(undefined),
    );
    const other = createResolvedConnection(resolved, ({ code, message }) =>
      reports.push(`${code} ${message}`),
    );
    const left = await other.transaction('write');
    while (reports.length === 0) await pause(20);
    await failureOf(
      other.withTransaction(async (tx) => {
        await tx.execute('SAVEPOINT theirs');
        const nested = await other.transaction();
        await nested.execute('RELEASE theirs');
        nested.close();
        await pause(20);
      }),
    );
    await other.close();

    expect(left.closed).toBe(true);
    expect(reports).toEqual([
      expect.stringMatching(/^TRANSACTION_EXPIRED .*rolled back after 500 ms.*scopes\.spec/),
      expect.stringMatching(/^ROLLBACK_FAILED .*no such savepoint/),
    ]);
  });

  it('may not be ended by their callback', async () => {
    await db.withTransaction(async (tx) => {
      const failures = [
        await failureOf(tx.commit()),
        await failureOf(tx.rollback()),
        await failureOf(() => tx.close()),
      ];
      await insert('kept');
      for (const failure of failures) expect(failure).toMatchObject({ code: 'TRANSACTION_MANAGED' });
    });

    expect(await found()).toEqual(['kept']);
  });

  it('are committed whatever their afterCommit does', async () => {
    const failures = [
      await failureOf(
        db.withTransaction(async (tx) => {
          tx.afterCommit(() => Promise.reject(mine));
          await insert('one');
        }),
      ),
      await failureOf(
        db.withTransaction(async (tx) => {
          for (const error of [mine, new Error('another')]) tx.afterCommit(() => Promise.reject(error));
          await insert('two');
        }),
      ),
      await failureOf(
        db.withTransaction(
          async (tx) => {
            tx.afterCommit(() => Promise.reject(mine));
            await tx.execute("INSERT INTO t VALUES ('three')");
          },
          { propagation: 'not-supported' },
        ),
      ),
    ];

    for (const failure of failures)
      expect(failure).toMatchObject({ code: 'AFTER_COMMIT_FAILED', kind: 'internal', outcome: 'applied' });
    expect(failures[0]?.cause).toBe(mine);
    expect(failures[1]?.cause).toMatchObject({ errors: [mine, { message: 'another' }] });
    expect(await found()).toEqual(['one', 'three', 'two']);
  });

  it('leave no timer behind', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    await db.withTransaction(async () => {
      await db.withTransaction(() => insert(1));
      await failureOf(db.withTransaction(() => Promise.reject(mine)));
    });
    const tx = await db.transaction('write');
    await tx.rollback();

    expect(timers()).toBeLessThanOrEqual(before);
  });
});

describe('many calls with signals', () => {
  it('leave nothing behind in the connection', async () => {
    const db = createConnection({ url: ':memory:' });
    await db.execute('SELECT 1');
    const { signal } = new AbortController();
    const usedMb = (): number => process.memoryUsage().heapUsed / 1_048_576;
    for (let n = 0; n < 2_000; n++) await db.execute({ sql: 'SELECT 1', signal });
    const before = usedMb();
    for (let n = 0; n < 20_000; n++) await db.execute({ sql: 'SELECT 1', signal });
    const after = usedMb();
    await db.close();

    expect(after - before).toBeLessThan(60);
  });

  it('prepares no more than it can keep, whatever the texts', async () => {
    const { url } = await createTempDatabase();
    const db = createConnection({ url });
    const usedMb = (): number => process.memoryUsage().rss / 1_048_576;
    const read = async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n++) await db.execute(`SELECT ${n} AS n, '${'x'.repeat(2_000)}'`);
    };
    await read(0, 500);
    const before = usedMb();
    await read(500, 5_000);
    const after = usedMb();
    await db.close();

    expect(after - before).toBeLessThan(80);
  });
});
