import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { HranaCondition, HranaStep } from '../../lib/drivers/turso/hrana-protocol.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import type { CheckOptions, Verdict } from './check-schedules.js';
import type * as Rooms from './model-room.js';

/** Until it is found out, a mutant gets as many schedules. */
const runs = 200;

const gates = '../../lib/drivers/write-gates.js';
const runTransaction = '../../lib/database/run-transaction.js';
const steps = '../../lib/drivers/turso/steps.js';

/** Replaces one module of the library, then loads the model and the library anew. */
async function checkMutant(
  mutate: () => Promise<void>,
  open: (rooms: typeof Rooms) => Promise<Rooms.ModelRoom>,
  options: Partial<CheckOptions>,
): Promise<Verdict> {
  await mutate();
  const rooms = await import('./model-room.js');
  const { checkSchedules } = await import('./check-schedules.js');
  return checkSchedules({
    name: 'mutant',
    runs,
    open: () => open(rooms),
    abortsInside: false,
    shrink: false,
    ...options,
  });
}

async function removeGate(): Promise<void> {
  const { FifoGate } = await import('../../lib/async/fifo-gate.js');
  jest.unstable_mockModule(gates, () => ({
    joinWriteGate: () => new FifoGate(1_000, 'waiting for nothing'),
    leaveWriteGate: () => undefined,
  }));
}

async function removeRerun(): Promise<void> {
  const actual = await import('../../lib/database/run-transaction.js');
  type Run = typeof actual.runRootTransaction;
  const runOnce: Run = (connection, host, callback, run) =>
    actual.runRootTransaction(connection, host, callback, { ...run, maxAttempts: 1 });
  jest.unstable_mockModule(runTransaction, () => ({
    ...actual,
    runRootTransaction: runOnce,
  }));
}

/** Without Hrana's `is_autocommit`: steps do not ask whether their transaction is still there, and nothing tells its end. */
async function removeGuard(): Promise<void> {
  const actual = await import('../../lib/drivers/turso/steps.js');
  const always: HranaCondition = { type: 'and', conds: [] };
  const never: HranaCondition = { type: 'not', cond: always };
  const after = (step: HranaStep, index: number | undefined): HranaStep => {
    const { stmt } = step;
    return index === undefined ? { stmt } : { stmt, condition: { type: 'ok', step: index } };
  };
  jest.unstable_mockModule(steps, () => ({
    ...actual,
    guarded: (sql: string, index?: number) => after(actual.guarded(sql, index), index),
    guardedStatement: (statement: Parameters<typeof actual.guardedStatement>[0], index?: number) =>
      after(actual.guardedStatement(statement, index), index),
    probeAutocommit: () => ({ ...actual.probeAutocommit(), condition: never }),
  }));
}

describe('the model finds out', () => {
  let server: SqldServer;

  beforeAll(async () => {
    server = await startSqld();
  });
  afterEach(() => {
    for (const path of [gates, runTransaction, steps]) jest.unstable_unmockModule(path);
    jest.resetModules();
  });
  afterAll(() => server.stop());

  it('nothing, when nothing is replaced', async () => {
    const nothing = () => Promise.resolve();
    const verdict = await checkMutant(nothing, (rooms) => rooms.openFileRoom(), { runs: 20 });

    expect(verdict.failure).toBeUndefined();
  });

  it('a connection without a write gate', async () => {
    const verdict = await checkMutant(removeGate, (rooms) => rooms.openFileRoom(), {});

    expect(verdict.failure).toContain('does not agree with a serial database');
  });

  it('a withTransaction() that does not run a stale deferred transaction again', async () => {
    const verdict = await checkMutant(removeRerun, (rooms) => rooms.openFileRoom(), {});

    expect(verdict.failure).toContain('busy');
  });

  it('a transaction on a server that goes on in autocommit', async () => {
    const verdict = await checkMutant(removeGuard, (rooms) => rooms.openSqldRoom(server), {
      // a batch that cannot be read finds the mutant out too soon: the question which statement it was would run the others
      without: ['syntax-error'],
    });

    expect(verdict.failure).toContain('does not agree with a serial database');
  });
});
