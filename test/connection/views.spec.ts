import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/libsql/web';
import { createConnection, findDatabaseError, type DatabaseConnection } from '../../lib/index.js';
import { failureOf, readColumn, readValue } from '../contract/facts.js';
import { useBackends } from './support/backends.js';

describe.each(useBackends())('withOptions() on %s', (_name, findUrl) => {
  let db: DatabaseConnection;

  beforeEach(async () => {
    db = createConnection({ url: await findUrl() });
    await db.execute('CREATE TABLE t (a)');
  });
  afterEach(() => db.close());

  it('bounds every kind of call, and what stands in a statement wins', async () => {
    const holder = await db.transaction();
    const view = db.withOptions({ timeoutMs: 30 });
    const start = performance.now();
    const failures = await Promise.all([
      failureOf(view.execute('DELETE FROM t')),
      failureOf(view.batch(['DELETE FROM t'], 'write')),
      failureOf(view.migrate(['DELETE FROM t'])),
      failureOf(view.executeMultiple('DELETE FROM t')),
      failureOf(view.transaction().then((tx) => tx.execute('DELETE FROM t'))),
    ]);
    const own = { sql: 'INSERT INTO t VALUES (1)', args: [], timeoutMs: 8_000 };
    const patient = view.execute(own);
    await holder.rollback();
    await patient;

    for (const failure of failures)
      expect(failure).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
    expect(performance.now() - start).toBeLessThan(8_000);
    expect(await readColumn(db, 'SELECT a FROM t')).toEqual([1]);
  });

  it('passes a signal on, also through an ORM that knows none', async () => {
    const holder = await db.transaction();
    const cancel = new AbortController();
    const orm = drizzle({ client: db.withOptions({ signal: cancel.signal }) });
    const failure = failureOf(orm.run(sql`INSERT INTO t VALUES (1)`));
    cancel.abort();

    expect(findDatabaseError(await failure)).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
    await holder.rollback();
    expect(await readColumn(db, 'SELECT a FROM t')).toEqual([]);
  });

  it('joins the transaction around it, and is the connection in all else', async () => {
    const view = db.withOptions({ timeoutMs: 5_000 });
    await failureOf(
      db.withTransaction(async () => {
        await view.execute('INSERT INTO t VALUES (1)');
        await view.batch(['INSERT INTO t VALUES (2)']);
        throw new Error('mine');
      }),
    );
    const kept = await readValue(view, 'SELECT count(*) FROM t');
    const { protocol, closed } = view;
    view.close();

    expect([kept, protocol, closed, view.closed]).toEqual([0, db.protocol, false, true]);
    expect(await failureOf(view.sync())).toMatchObject({ code: 'SYNC_NOT_SUPPORTED' });
    view.reconnect();
    expect([view.closed, await readValue(db, 'SELECT 1')]).toEqual([false, 1]);
  });

  it.each<[object, string]>([
    [{ timeout: 5 }, 'unknown call option "timeout"; there are timeoutMs, signal, idempotent'],
    [{ timeoutMs: '5' }, '"timeoutMs" is a number of milliseconds'],
    [{ signal: {} }, '"signal" is an AbortSignal'],
  ])('refuses what it does not understand: %j', async (options, message) => {
    const failure = await failureOf(() => db.withOptions(options));

    expect(failure).toMatchObject({ code: 'ARGS_INVALID' });
    expect(failure.message).toContain(message);
  });

  it('refuses a time that is no number, also of a statement that has run before', async () => {
    const sql = 'SELECT 1';
    await db.execute(sql);
    const statement: object = { sql, args: [], timeoutMs: '5' };

    expect(await failureOf(db.execute(statement as { sql: string; args: [] }))).toMatchObject({
      code: 'ARGS_INVALID',
      outcome: 'not-applied',
    });
  });

  it('refuses an option of a transaction that does not exist', async () => {
    const options: object = { timeoutMS: 5 };
    const failure = await failureOf(db.withTransaction(async () => 1, options));

    expect(failure).toMatchObject({ code: 'ARGS_INVALID', outcome: 'not-applied' });
    expect(failure.message).toContain(
      'unknown transaction option "timeoutMS"; there are mode, propagation, timeoutMs, maxAttempts',
    );
  });
});
