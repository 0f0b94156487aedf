import { afterEach, describe, expect, it } from '@jest/globals';
import type { Report } from '../../lib/contract/driver.js';
import { createResolvedConnection } from '../../lib/database/create-connection.js';
import type { DatabaseConnection, DatabaseModuleOptions } from '../../lib/index.js';
import { createOptionsEnvironment } from '../../lib/options/options-environment.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { failureOf, readValue } from '../contract/facts.js';
import { createTempDatabase } from '../support/temp-database.js';

/** Counts to `n`: a million takes about a second on a busy machine. */
const countTo = (n: number) =>
  `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${n}) SELECT max(n) FROM c`;

const opened: DatabaseConnection[] = [];
let reports: Report[] = [];
afterEach(async () => {
  reports = [];
  for (const db of opened.splice(0)) await db.close();
});

async function open(options: DatabaseModuleOptions = {}): Promise<DatabaseConnection> {
  const { url } = await createTempDatabase();
  const resolved = resolveOptions({ url, ...options }, createOptionsEnvironment(undefined));
  const db = createResolvedConnection(resolved, (report) => reports.push(report));
  opened.push(db);
  await db.execute('CREATE TABLE t (a)');
  return db;
}

describe('a slow read', () => {
  it('leaves the event loop to others', async () => {
    const db = await open({ queryTimeoutMs: 25_000 });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10).unref();
    const found = await readValue(db, countTo(2_000_000));
    clearInterval(timer);

    expect(found).toBe(2_000_000);
    expect(ticks).toBeGreaterThanOrEqual(5);
  });

  it('keeps no answer of a fast one that went to its thread together with it', async () => {
    const db = await open({ pool: { readers: 1 } });
    await db.execute(countTo(10));
    const started = performance.now();
    const timeOf = (n: number) => db.execute(countTo(n)).then(() => performance.now() - started);
    const [fast, slow] = await Promise.all([11, 2_000_000, 12].map(timeOf));

    expect(fast).toBeLessThan(Number(slow) / 2);
  });

  it('ends for its caller at its deadline, and those who come then are served', async () => {
    const db = await open({ pool: { readers: 1 } });
    const slow = { sql: countTo(4_000_000), timeoutMs: 150 };
    const calls = [1, 2, 3].map(() => failureOf(db.execute(slow)));
    for (const failure of await Promise.all(calls))
      expect(failure).toMatchObject({ kind: 'timeout', code: 'TIMEOUT', outcome: 'not-applied' });

    expect(await readValue(db, `${countTo(1_000)} -- never seen before`)).toBe(1_000);
    expect(db.status()).toMatchObject({ inFlight: 0, waiting: 0, timeouts: 3 });
  });

  it('ends for its caller at once when his signal fires', async () => {
    const db = await open();
    const started = performance.now();
    const signal = AbortSignal.timeout(100);
    const failure = await failureOf(db.execute({ sql: countTo(8_000_000), signal }));

    expect(failure).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  it('stops at its next row when nobody waits for it any more', async () => {
    const db = await open({ queryTimeoutMs: 60_000 });
    const rows = countTo(1e15).replace('SELECT max(n)', 'SELECT n');
    await failureOf(db.execute({ sql: rows, timeoutMs: 100 }));
    const started = performance.now();
    await db.close();

    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('answers as a fast one: rows, blobs, big integers, errors', async () => {
    const db = await open({ intMode: 'bigint' });
    await db.execute(
      "INSERT INTO t VALUES (1), (2.5), ('x'), (x'00ff'), (NULL), (9223372036854775807), (x'')",
    );
    const sql = 'SELECT a, a AS length FROM t, (SELECT 1) ORDER BY t.rowid';
    const inline = await db.execute('SELECT a, a AS length FROM t ORDER BY rowid');
    const [row] = (await db.execute(`${countTo(2)}`)).rows;
    const threaded = await db.execute(`WITH one AS (SELECT 1) ${sql}`);
    const failure = await failureOf(db.execute(`WITH one AS (SELECT 1) SELECT json('{') FROM t`));

    expect(threaded.rows).toEqual(inline.rows);
    expect(threaded.toJSON()).toEqual({ ...(inline.toJSON() as object), columnTypes: ['', ''] });
    expect(threaded.rows[3]?.[0]).toBeInstanceOf(ArrayBuffer);
    expect([row?.length, row?.[0]]).toEqual([1, 2n]);
    expect(failure).toMatchObject({ code: 'SQLITE_ERROR', kind: 'syntax', outcome: 'not-applied' });
  });

  it('refuses an integer that its intMode cannot hold', async () => {
    const db = await open();
    const failure = await failureOf(db.execute(countTo(3).replace('max(n)', 'max(n) + 9007199254740991')));

    expect(failure).toMatchObject({ name: 'IntegerRangeError', outcome: 'not-applied' });
  });

  it('brings large results whole', async () => {
    const db = await open();
    const { rows } = await db.execute(
      countTo(50_000).replace('SELECT max(n)', "SELECT n, n || ' is a number'"),
    );

    expect(rows).toHaveLength(50_000);
    expect(rows.every((row, index) => row[0] === index + 1 && row[1] === `${index + 1} is a number`)).toBe(
      true,
    );
  });

  it('sees what was acknowledged before', async () => {
    const db = await open();
    for (let n = 1; n <= 50; n++) {
      await db.execute('INSERT INTO t VALUES (?)', [n]);
      expect(await readValue(db, `WITH x AS (SELECT ${n}) SELECT count(*) FROM t, x`)).toBe(n);
    }
  });

  it('is one of many that start together', async () => {
    const db = await open();
    const calls = Array.from({ length: 300 }, (_, n) => readValue(db, `${countTo(n + 1)} -- ${n}`));

    expect(await Promise.all(calls)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
  });
});

describe('a stream', () => {
  it('leaves the event loop to others while SQLite looks for its first row', async () => {
    const db = await open({ queryTimeoutMs: 25_000 });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10).unref();
    const rows: unknown[] = [];
    for await (const row of db.stream(countTo(2_000_000))) rows.push(row[0]);
    clearInterval(timer);

    expect(rows).toEqual([2_000_000]);
    expect(ticks).toBeGreaterThanOrEqual(5);
  });
});

describe('close', () => {
  it('settles at shutdownTimeoutMs and names the shape of a statement that still runs', async () => {
    const db = await open({ shutdownTimeoutMs: 100 });
    const failure = failureOf(db.execute(`${countTo(20_000_000)} WHERE 'secret' <> 5`));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const started = performance.now();
    await db.close();

    expect(performance.now() - started).toBeLessThan(5_000);
    expect(await failure).toMatchObject({ code: 'CLIENT_CLOSED', outcome: 'not-applied' });
    expect(reports).toMatchObject([{ level: 'warning', code: 'STATEMENT_STILL_RUNS' }]);
    expect(reports[0]?.message).toMatch(/: WITH RECURSIVE c\(n\) AS \(SELECT \? UNION .* WHERE \? <> \?$/);
  });
});
