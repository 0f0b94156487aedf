import { describe, expect, it } from '@jest/globals';
import { callSite } from '../../../lib/database/call-site.js';
import { choosePlace } from '../../../lib/database/choose-place.js';
import type { Propagation } from '../../../lib/database/transaction-options.js';
import type { TransactionScope } from '../../../lib/database/transaction-scope.js';
import { WithoutTransaction } from '../../../lib/database/without-transaction.js';
import { createConnection } from '../../../lib/index.js';
import { failureOf } from '../../contract/facts.js';

describe('choosePlace', () => {
  const outer = {} as TransactionScope;

  it.each<[Propagation, string, string]>([
    ['nested', 'begin', 'nest'],
    ['required', 'begin', 'join'],
    ['mandatory', 'TRANSACTION_PROPAGATION', 'join'],
    ['requires-new', 'begin', 'TRANSACTION_PROPAGATION'],
    ['not-supported', 'without', 'without'],
    ['never', 'without', 'TRANSACTION_PROPAGATION'],
    ['unheard-of' as Propagation, 'TRANSACTION_PROPAGATION', 'TRANSACTION_PROPAGATION'],
  ])('puts %s outside of a transaction: %s, inside: %s', async (propagation, outside, inside) => {
    const places = [undefined, outer].map((scope) => {
      try {
        return choosePlace(propagation, scope, 'write', true);
      } catch (error) {
        return (error as { code: string }).code;
      }
    });

    expect(places).toEqual([outside, inside]);
  });

  it('lets a new transaction begin inside another one when it only reads', () => {
    expect(choosePlace('requires-new', outer, 'read', true)).toBe('begin');
  });

  it('refuses what would wait for itself where nothing reads beside a transaction', async () => {
    const failure = await failureOf(() => choosePlace('requires-new', outer, 'read', false));

    expect(failure).toMatchObject({ code: 'TRANSACTION_PROPAGATION' });
    expect(failure.message).toContain('an in-memory database has one handle');
  });
});

describe('callSite', () => {
  const opens = (): string => callSite();

  it('is the place of who called the method that asks', () => {
    expect(opens()).toMatch(/^a transaction opened at .*transactions\.spec/);
  });

  it('is unknown where the app changes what a stack is', () => {
    const { prepareStackTrace } = Error;
    Error.prepareStackTrace = (_error, frames) => frames;
    const place = opens();
    Error.prepareStackTrace = prepareStackTrace;

    expect(place).toBe('a transaction opened at an unknown place');
  });
});

describe('WithoutTransaction', () => {
  it('passes calls on to the connection and has nothing to end', async () => {
    const db = createConnection({ url: ':memory:' });
    const handle = new WithoutTransaction(db);
    await handle.executeMultiple('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
    await handle.batch(['INSERT INTO t VALUES (2)']);
    await handle.rollback();
    await handle.commit();
    handle.close();
    const { rows } = await handle.execute('SELECT count(*) AS n FROM t');
    await db.close();

    expect([rows[0], handle.closed, handle.attempt]).toMatchObject([{ n: 2 }, false, 1]);
  });
});

describe('a call', () => {
  it.each([NaN, '500', null])('refuses %p as timeoutMs', async (timeoutMs) => {
    const db = createConnection({ url: ':memory:' });
    const options = { timeoutMs: timeoutMs as number };
    const failures = [
      await failureOf(db.execute({ sql: 'SELECT 1', ...options })),
      await failureOf(db.withTransaction(() => 7, options)),
      await failureOf(db.ping(options)),
    ];
    await db.close();

    for (const failure of failures) expect(failure).toMatchObject({ code: 'ARGS_INVALID', kind: 'syntax' });
  });

  it.each([Infinity, 3_000_000_000])('may take %d ms', async (timeoutMs) => {
    const db = createConnection({ url: ':memory:' });
    const value = await db.withTransaction(
      async (tx) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return (await tx.execute({ sql: 'SELECT 7', timeoutMs })).rows[0]?.[0];
      },
      { timeoutMs },
    );
    await db.close();

    expect(value).toBe(7);
  });
});
