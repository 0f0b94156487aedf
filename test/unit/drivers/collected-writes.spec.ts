import BetterSqlite3 from 'better-sqlite3';
import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createDeadline } from '../../../lib/async/deadline.js';
import { FifoGate } from '../../../lib/async/fifo-gate.js';
import type { SharedCall } from '../../../lib/contract/connection.js';
import { CollectedWrites } from '../../../lib/drivers/sqlite/collected-writes.js';
import { SlowWrites } from '../../../lib/drivers/sqlite/slow-writes.js';
import { SqliteHandle } from '../../../lib/drivers/sqlite/sqlite-handle.js';
import { SqliteWriter } from '../../../lib/drivers/sqlite/sqlite-writer.js';
import { failureOf } from '../../contract/facts.js';

const statement = { sql: 'INSERT INTO t VALUES (?)', args: [1n] };

describe('writes of one turn', () => {
  let handle: SqliteHandle;
  let unsettled: number;
  let failed: unknown[];

  beforeEach(() => {
    handle = new SqliteHandle(new BetterSqlite3(':memory:'));
    handle.createTempTables();
    handle.run('CREATE TABLE t (a)');
    unsettled = 0;
    failed = [];
  });
  afterEach(() => {
    jest.restoreAllMocks();
    handle.close();
  });

  function createCall(timeoutMs: number, signal?: AbortSignal): SharedCall {
    return {
      deadline: createDeadline(timeoutMs, signal),
      begin: () => void unsettled++,
      end: (error) => {
        unsettled--;
        if (error !== undefined) failed.push(error);
      },
    };
  }
  const collect = (call: SharedCall): CollectedWrites =>
    new CollectedWrites(call, { host: undefined, serve: () => undefined });
  const add = (collected: CollectedWrites): Promise<unknown> =>
    collected.add(statement, { entry: handle.prepare(statement.sql), args: [1] });

  it.each([
    ['at their deadline', 'timeout'],
    ['when its signal fires', 'aborted'],
  ])('that nobody has taken end %s, whatever holds them up', async (_, kind) => {
    const controller = new AbortController();
    const call = createCall(kind === 'timeout' ? 20 : 60_000, controller.signal);
    const collected = collect(call);
    const writing = [1, 2, 3].map(() => add(collected));
    const taken = collected.take();
    collected.watch();
    if (kind === 'aborted') controller.abort();
    const others = await Promise.all(writing.slice(1).map((write) => failureOf(write)));

    expect(others).toMatchObject([
      { kind, outcome: 'not-applied' },
      { kind, outcome: 'not-applied' },
    ]);
    expect([unsettled, failed.length, collected.waiting]).toEqual([1, 2, 0]);
    taken?.onRefused(new Error('last'));
    await failureOf(writing[0] as Promise<unknown>);
    expect(unsettled).toBe(0);
  });

  it('come within 10 ms of the first, and within a tenth of its deadline', () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(1_000);
    const long = collect(createCall(5_000));
    const short = collect(createCall(50));
    now.mockReturnValue(1_004);
    expect([long.mayAdd(), short.mayAdd()]).toEqual([true, true]);
    now.mockReturnValue(1_006);
    expect([long.mayAdd(), short.mayAdd()]).toEqual([true, false]);
    now.mockReturnValue(1_011);
    expect(long.mayAdd()).toBe(false);
  });

  it('are served outside of the context of the first, and so is what the release starts', async () => {
    const slowWrites = new SlowWrites(
      { filename: '', options: {} } as unknown as ConstructorParameters<typeof SlowWrites>[0],
      () => undefined,
    );
    const gate = new FifoGate(1, 'waiting');
    const writer = new SqliteWriter({ writer: handle, slowWrites, guard: undefined }, gate, 'number');
    const store = new AsyncLocalStorage<string>();
    handle.prepare(statement.sql).pace.tryFirst(() => true);
    const writing = store.run('first', () => writer.collect(statement, () => createCall(5_000)));
    const seen = new Promise((resolve, reject) => {
      const onPlace = (): void => resolve(store.getStore());
      store.run('second', () => gate.ask({ deadline: createDeadline(5_000), onPlace, onRefused: reject }));
    });

    expect(await writing).toMatchObject({ rowsAffected: 1 });
    expect(await seen).toBeUndefined();
  });
});
