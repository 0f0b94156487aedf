import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from '@jest/globals';
import { createDeadline } from '../../../lib/async/deadline.js';
import { ReaderPool } from '../../../lib/drivers/sqlite/reader-pool.js';
import { StatementPace } from '../../../lib/drivers/sqlite/statement-pace.js';
import { failureOf } from '../../contract/facts.js';
import { createTempDatabase } from '../../support/temp-database.js';

/** Runs for about a second, and comes to no row meanwhile. */
const endless =
  'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 6000000) SELECT max(n) FROM c';

it('sets aside as many threads as it has readers, and later callers wait for theirs within their deadline', async () => {
  const { path } = await createTempDatabase();
  new BetterSqlite3(path).exec('CREATE TABLE t (a)').close();
  const settings = { path, readonly: true, pragmas: [], intMode: 'number' } as const;
  const pool = new ReaderPool({ size: 2, settings, assertInPlace: () => undefined, hold: undefined });
  const read = (timeoutMs: number) =>
    failureOf(pool.read({ sql: endless, args: [], pace: new StatementPace() }, createDeadline(timeoutMs)));
  let most = 0;
  const failures = [];
  const until = performance.now() + 60_000;
  for (let full = 0; full < 3 && performance.now() < until;) {
    failures.push(...(await Promise.all(Array.from({ length: 8 }, () => read(100)))));
    most = Math.max(most, pool.running);
    if (pool.running >= 5) full++;
  }
  const [running, statements] = [pool.running, pool.statements];
  await pool.close();

  expect(new Set(failures.map(({ kind, outcome }) => `${kind}, ${outcome}`))).toEqual(
    new Set(['timeout, not-applied']),
  );
  expect(failures.at(-1)?.message).toContain('waiting for a reader thread (all of them run slow statements)');
  expect(most).toBe(5);
  expect(statements).toEqual(Array(running).fill(endless));
  expect([pool.running, pool.waiting]).toEqual([0, 0]);
}, 120_000);
