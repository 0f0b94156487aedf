import { describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { createDeadline } from '../../../lib/async/deadline.js';
import { SessionPool } from '../../../lib/drivers/sqlite/session-pool.js';
import { SqliteHandle } from '../../../lib/drivers/sqlite/sqlite-handle.js';
import { failureOf } from '../../contract/facts.js';

const soon = () => createDeadline(1_000);

function createPool(size: number) {
  const opened: SqliteHandle[] = [];
  const pool = new SessionPool(size, async () => {
    const handle = new SqliteHandle(new BetterSqlite3(':memory:'));
    opened.push(handle);
    return handle;
  });
  return { pool, opened };
}

describe('SessionPool', () => {
  it('opens a handle when it is needed, and lends it again', async () => {
    const { pool, opened } = createPool(2);
    const before = opened.length;
    const first = await pool.acquire('read', soon());
    first.release();
    const second = await pool.acquire('read', soon());
    const third = await pool.acquire('read', soon());

    expect([before, opened.length, second.handle === first.handle, third.handle === first.handle]).toEqual([
      0,
      2,
      true,
      false,
    ]);
    pool.close();
  });

  it('lends a handle that came back twice only once', async () => {
    const { pool } = createPool(2);
    const lent = await pool.acquire('read', soon());
    lent.release();
    lent.release();
    const [first, second] = [await pool.acquire('read', soon()), await pool.acquire('read', soon())];

    expect(second.handle === first.handle).toBe(false);
    first.release();
    second.release();
    pool.close();
  });

  it('lets those wait who come when all are lent', async () => {
    const { pool, opened } = createPool(1);
    const lent = await pool.acquire('read', soon());
    const waiting = pool.acquire('read', soon());
    const late = failureOf(pool.acquire('read', createDeadline(20)));
    expect(await late).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
    expect(pool.waiting).toBe(1);
    lent.release();

    expect([(await waiting).handle, opened.length]).toEqual([lent.handle, 1]);
    pool.close();
  });

  it('gives the place back when a handle cannot be opened', async () => {
    let fails = true;
    const pool = new SessionPool(1, async () => {
      if (fails) throw new Error('mine');
      return new SqliteHandle(new BetterSqlite3(':memory:'));
    });
    const failure = await failureOf(pool.acquire('read', soon()));
    fails = false;
    const session = await pool.acquire('read', soon());

    expect([failure.message, session.handle.open]).toEqual(['mine', true]);
    session.handle.close();
  });

  it('closes a handle that comes back inside a transaction, instead of lending it', async () => {
    const { pool, opened } = createPool(1);
    const session = await pool.acquire('read', soon());
    session.handle.run('BEGIN');
    session.release();
    const next = await pool.acquire('read', soon());

    expect([session.handle.open, next.handle === session.handle, opened.length]).toEqual([false, false, 2]);
    next.handle.close();
  });

  it('closes what is idle at once, and what is lent when it comes back', async () => {
    const { pool, opened } = createPool(2);
    const [idle, lent] = [await pool.acquire('read', soon()), await pool.acquire('read', soon())];
    idle.release();
    pool.close();
    const during = opened.map(({ open }) => open);
    lent.release();

    expect([during, opened.map(({ open }) => open)]).toEqual([
      [false, true],
      [false, false],
    ]);
  });
});
