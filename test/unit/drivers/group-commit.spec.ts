import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createDeadline } from '../../../lib/async/deadline.js';
import { GroupCommit, type GroupMember } from '../../../lib/drivers/sqlite/group-commit.js';
import { SqliteHandle } from '../../../lib/drivers/sqlite/sqlite-handle.js';

/** A database whose next commit fails in the way of a full or broken disk. */
class FailingHandle extends SqliteHandle {
  failsWith: string | undefined;

  override run(sql: string): void {
    const code = this.failsWith;
    if (sql !== 'COMMIT' || code === undefined) return super.run(sql);
    this.failsWith = undefined;
    throw Object.assign(new Error('the disk says no'), { code });
  }
}

describe('GroupCommit', () => {
  // on a slow machine the first statement alone may take as long as a whole group may
  beforeEach(() => {
    jest.spyOn(performance, 'now').mockReturnValue(performance.now());
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  let handle: FailingHandle;
  let group: GroupCommit;

  beforeEach(() => {
    handle = new FailingHandle(new BetterSqlite3(':memory:'));
    handle.createTempTables();
    handle.run('CREATE TABLE t (a UNIQUE)');
    group = new GroupCommit(handle, undefined, 'number');
  });
  afterEach(() => {
    handle.close();
  });

  const insert = (value: number, timeoutMs = 5_000): GroupMember => ({
    statement: { sql: 'INSERT INTO t VALUES (?)', args: [BigInt(value)] },
    deadline: createDeadline(timeoutMs),
    settled: undefined,
  });
  const run = async (first: GroupMember, ...others: GroupMember[]): Promise<unknown[]> => {
    const queue = [...others];
    await group.run(
      first,
      () => queue.shift(),
      () => undefined,
    );
    return [first, ...others].map(({ settled }) => settled);
  };
  const count = (): unknown => handle.db.prepare('SELECT count(*) FROM t').pluck().get();

  it('does not know what became of statements whose commit met an I/O error', async () => {
    handle.failsWith = 'SQLITE_IOERR_FSYNC';
    const settled = await run(insert(1), insert(1), insert(2));

    expect(settled).toMatchObject([
      { error: { code: 'SQLITE_IOERR', outcome: 'unknown' } },
      { error: { kind: 'constraint', outcome: 'not-applied' } },
      { error: { code: 'SQLITE_IOERR', outcome: 'unknown' } },
    ]);
    expect(handle.inTransaction).toBe(false);
  });

  it('runs each alone when the commit failed and nothing is kept', async () => {
    handle.failsWith = 'SQLITE_FULL';
    const settled = await run(insert(1), insert(1), insert(2));

    expect(settled).toMatchObject([
      { result: { rowsAffected: 1 } },
      { error: { kind: 'constraint' } },
      { result: { rowsAffected: 1 } },
    ]);
    expect(count()).toBe(2);
  });

  it('runs each alone when one failed in a way that may have ended more than itself', async () => {
    let calls = 0;
    handle.db.function('read_once_more', (value) => {
      if (calls++ === 0) throw Object.assign(new Error('the disk says no'), { code: 'SQLITE_IOERR_READ' });
      return value;
    });
    const failing = {
      ...insert(2),
      statement: { sql: 'INSERT INTO t VALUES (read_once_more(2))', args: [] },
    };
    const settled = await run(insert(1), failing, insert(3));

    // whoever is behind it stays where he waits
    expect(settled).toMatchObject([
      { result: { rowsAffected: 1 } },
      { result: { rowsAffected: 1 } },
      undefined,
    ]);
    expect([calls, count()]).toEqual([2, 2]);
  });

  it('does not run a statement whose time is over', async () => {
    const settled = await run(insert(1), insert(2, 0), insert(3));

    expect(settled).toMatchObject([
      { result: { rowsAffected: 1 } },
      { error: { kind: 'timeout', outcome: 'not-applied' } },
      { result: { rowsAffected: 1 } },
    ]);
    expect(count()).toBe(2);
  });

  it('does not run statements whose signal has fired, which they share with some that ran before', async () => {
    const controller = new AbortController();
    const deadline = createDeadline(5_000, controller.signal);
    const share = (value: number): GroupMember => ({ ...insert(value), deadline });
    const before = await run(share(1), share(2));
    controller.abort();
    const settled = await run(share(3), share(4), insert(5), share(6));
    const aborted = { error: { kind: 'aborted', outcome: 'not-applied' } };

    expect(before).toMatchObject([{ result: { rowsAffected: 1 } }, { result: { rowsAffected: 1 } }]);
    expect(settled).toMatchObject([aborted, aborted, { result: { rowsAffected: 1 } }, aborted]);
    expect(count()).toBe(3);
  });

  it('tells of each as soon as it is settled when they run alone', async () => {
    handle.failsWith = 'SQLITE_FULL';
    const [first, second] = [insert(1), insert(2)];
    const queue = [second];
    const told: unknown[] = [];
    await group.run(
      first,
      () => queue.shift(),
      (member) => told.push([member === first, second.settled !== undefined, count()]),
    );

    expect(told).toEqual([
      [true, false, 1],
      [false, true, 2],
    ]);
  });

  it('takes nobody in for longer than some milliseconds', async () => {
    let taken = 0;
    const began = performance.now();
    const takeNext = (): GroupMember => {
      jest.spyOn(performance, 'now').mockReturnValue(began + taken * 0.1);
      return insert(++taken);
    };
    await group.run(insert(0), takeNext, () => undefined);

    expect(taken).toBeLessThan(30);
    expect(count()).toBe(taken + 1);
  });

  it('notices keys that were made deferrable since', async () => {
    const begun: string[] = [];
    const exec = handle.db.exec.bind(handle.db);
    handle.db.exec = (sql) => {
      begun.push(sql);
      return exec(sql);
    };
    await run(insert(1), insert(2));
    handle.run('CREATE TABLE u (a REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)');
    await run(insert(3), insert(4));

    expect(begun.filter((sql) => !sql.startsWith('CREATE'))).toEqual([
      'BEGIN IMMEDIATE',
      'COMMIT',
      'BEGIN IMMEDIATE',
      'ROLLBACK',
    ]);
    // the second one was never taken: the first ran alone
    expect(count()).toBe(3);
  });
});
