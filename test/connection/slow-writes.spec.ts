import BetterSqlite3 from 'better-sqlite3';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Report } from '../../lib/contract/driver.js';
import { createResolvedConnection } from '../../lib/database/create-connection.js';
import { createConnection, type DatabaseConnection, type DatabaseModuleOptions } from '../../lib/index.js';
import { createOptionsEnvironment } from '../../lib/options/options-environment.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { failureOf, readColumn, readValue } from '../contract/facts.js';
import { createTempDatabase } from '../support/temp-database.js';
import { startChild } from './support/child.js';

const countTo = (n: number) =>
  `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${n})`;
/** Inserts 1 to `n`: a million takes about a second. */
const fill = (n: number, verb = 'INSERT') => `${countTo(n)} ${verb} INTO t SELECT n FROM c`;

const opened: DatabaseConnection[] = [];
let reports: Report[] = [];
afterEach(async () => {
  reports = [];
  for (const db of opened.splice(0)) await db.close();
});

async function open(options: DatabaseModuleOptions = {}): Promise<DatabaseConnection & { path: string }> {
  const { url, path } = await createTempDatabase();
  const given = { url, sqlite: { synchronous: 'off' as const }, queryTimeoutMs: 60_000, ...options };
  const resolved = resolveOptions(given, createOptionsEnvironment(undefined));
  const db = createResolvedConnection(resolved, (report) => reports.push(report));
  opened.push(db);
  await db.execute('CREATE TABLE t (a INTEGER PRIMARY KEY)');
  return Object.assign(db, { path });
}

/** How often a timer of 2 ms fires while `work` goes on. */
async function countTicks(work: () => Promise<unknown>): Promise<number> {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 2);
  await work();
  clearInterval(timer);
  return ticks;
}

/** Waits until somebody holds the lock of a file. */
async function untilLocked(path: string): Promise<void> {
  const other = new BetterSqlite3(path, { timeout: 0 });
  for (let isFree = true; isFree;) {
    try {
      other.exec('BEGIN IMMEDIATE; ROLLBACK');
      await new Promise((resolve) => setTimeout(resolve, 5));
    } catch {
      isFree = false;
    }
  }
  other.close();
}

const countRows = (db: DatabaseConnection) => readValue(db, 'SELECT count(*) FROM t');

describe('a slow write', () => {
  it('leaves the event loop and the reads to others', async () => {
    const db = await open();
    await db.execute('INSERT INTO t VALUES (-1)');
    const seen = new Set<unknown>();
    let isDone = false;
    const ticks = await countTicks(async () => {
      const writing = db.execute(fill(500_000)).finally(() => (isDone = true));
      while (!isDone) {
        seen.add(await readValue(db, 'SELECT a FROM t WHERE a = -1'));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(await writing).toMatchObject({ rowsAffected: 500_000, lastInsertRowid: 500_000n, rows: [] });
    });

    expect(ticks).toBeGreaterThanOrEqual(5);
    expect([...seen]).toEqual([-1]);
    expect(await countRows(db)).toBe(500_001);
  });

  it('of an UPDATE and a DELETE over a large table leaves it to others too', async () => {
    const db = await open();
    await db.execute(fill(400_000));
    const update = await countTicks(() => db.execute('UPDATE t SET a = -a WHERE a % 2 = 0'));
    const remove = await countTicks(() => db.execute('DELETE FROM t WHERE a > -100000'));

    expect(update).toBeGreaterThanOrEqual(3);
    expect(remove).toBeGreaterThanOrEqual(2);
    expect(await countRows(db)).toBe(150_001);
  });

  it('keeps its place between those that were called before and after it', async () => {
    const db = await open();
    const names = ['INSERT INTO t VALUES (-1)', fill(100_000), 'UPDATE t SET a = a + 1000000', fill(10)];
    const results = await Promise.all(names.map((sql) => db.execute(sql)));

    expect(results.map(({ rowsAffected }) => rowsAffected)).toEqual([1, 100_000, 100_001, 10]);
  });

  it('answers as a fast one: rows, counts, rowids', async () => {
    const db = await open({ intMode: 'bigint' });
    await db.execute('INSERT INTO t VALUES (777)');
    const returned = await db.execute(`${fill(3)} RETURNING a, a * 2 AS twice`);
    const nothing = await db.execute(fill(3, 'INSERT OR IGNORE'));
    const changed = await db.execute(`${countTo(2)} UPDATE t SET a = a + 10 WHERE a IN (SELECT n FROM c)`);

    expect(returned).toMatchObject({
      columns: ['a', 'twice'],
      columnTypes: ['INTEGER', ''],
      rows: [
        { a: 1n, twice: 2n },
        { a: 2n, twice: 4n },
        { a: 3n, twice: 6n },
      ],
      rowsAffected: 3,
      lastInsertRowid: 3n,
    });
    expect(nothing).toMatchObject({ rowsAffected: 0, lastInsertRowid: 0n });
    expect(changed).toMatchObject({ rowsAffected: 2 });
  });

  it('fails whole with its own error, and OR FAIL keeps what came before the conflict', async () => {
    const db = await open();
    await db.execute('INSERT INTO t VALUES (5)');
    const conflict = await failureOf(db.execute(fill(10)));
    const kept = await countRows(db);
    const failed = await failureOf(db.execute(fill(10, 'INSERT OR FAIL')));

    expect([conflict, failed].map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['constraint', 'not-applied'],
      ['constraint', 'not-applied'],
    ]);
    expect(kept).toBe(1);
    expect(await readColumn(db, 'SELECT a FROM t ORDER BY a')).toEqual([1, 2, 3, 4, 5]);
  });

  it('sees the schema of the moment, and keeps foreign keys', async () => {
    const db = await open();
    await db.execute(fill(10));
    await db.execute('CREATE TABLE u (a REFERENCES t (a), b)');
    const copy = `${countTo(10)} INSERT INTO u (a, b) SELECT n, n FROM c`;
    await db.execute(copy);
    await db.execute('ALTER TABLE u ADD COLUMN c DEFAULT 7');
    await db.execute(copy);
    const orphan = await failureOf(db.execute(copy.replaceAll('10', '11')));

    expect(orphan).toMatchObject({ kind: 'constraint', outcome: 'not-applied' });
    expect(await readColumn(db, 'SELECT DISTINCT c FROM u')).toEqual([7]);
    expect(await readValue(db, 'SELECT count(*) FROM u')).toBe(20);
  });

  it('goes to its thread also when only running it shows that it is slow', async () => {
    const db = await open();
    await db.execute('CREATE TABLE u (a)');
    await db.execute(
      `CREATE TRIGGER slow AFTER INSERT ON u BEGIN
         INSERT INTO t SELECT a.value * 1000 + b.value FROM json_each('[${'1,'.repeat(400)}1]') a, json_each('[${'1,'.repeat(999)}1]') b
           WHERE a.value + b.value < 0;
       END`,
    );
    const insert = 'INSERT INTO u VALUES (1)';
    await db.execute(insert);
    await db.execute(insert);

    expect(await countTicks(() => Promise.all([1, 2, 3].map(() => db.execute(insert))))).toBeGreaterThan(2);
    expect(await readValue(db, 'SELECT count(*) FROM u')).toBe(5);
  });

  it('ends for its caller at its deadline, is undone, and holds up the writers behind it until then', async () => {
    const db = await open();
    const begun = performance.now();
    const late = failureOf(db.execute({ sql: fill(2_000_000), timeoutMs: 700 }));
    await untilLocked(db.path);
    const behind = failureOf(db.execute({ sql: 'INSERT INTO t VALUES (-1)', timeoutMs: 200 }));
    const patient = db.execute('INSERT INTO t VALUES (-2)');
    const failures = [await late, await behind];
    const tookMs = performance.now() - begun;
    await patient;

    expect(failures.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['timeout', 'not-applied'],
      ['timeout', 'not-applied'],
    ]);
    expect(tookMs).toBeLessThan((performance.now() - begun) / 1.2);
    expect(await readColumn(db, 'SELECT a FROM t')).toEqual([-2]);
  });

  it('ends for its caller at once when his signal fires, and is undone', async () => {
    const db = await open();
    const controller = new AbortController();
    const failure = failureOf(db.execute({ sql: fill(1_500_000), signal: controller.signal }));
    await untilLocked(db.path);
    controller.abort();

    expect(await failure).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
    await db.execute('INSERT INTO t VALUES (-1)');
    expect(await countRows(db)).toBe(1);
  });

  it('that is given up behind its commit lets the next writer in, and says that it may be kept', async () => {
    const db = await open();
    const controller = new AbortController();
    const failure = failureOf(
      db.execute({ sql: `${fill(300_000)} WHERE true RETURNING a`, signal: controller.signal }),
    );
    const other = new BetterSqlite3(db.path);
    const rows = other.prepare('SELECT count(*) FROM t').pluck();
    while (rows.get() === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    other.close();
    controller.abort();

    expect(await failure).toMatchObject({ kind: 'aborted', outcome: 'unknown' });
    await db.execute({ sql: 'INSERT INTO t VALUES (-1)', timeoutMs: 10_000 });
    expect(await countRows(db)).toBe(300_001);
  });

  it('waits for its lock also when it has to open its handle, with a rollback journal', async () => {
    const db = await open({ sqlite: { synchronous: 'off', journalMode: 'keep' } });
    const other = new BetterSqlite3(db.path);
    other.exec('BEGIN EXCLUSIVE; INSERT INTO t VALUES (-1)');
    const writing = db.execute(`INSERT INTO t ${countTo(10)} SELECT n FROM c`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    other.exec('COMMIT');
    other.close();
    await writing;

    expect(await countRows(db)).toBe(11);
  });

  it('judges a table just created only when the file is not locked, with a rollback journal', async () => {
    const db = await open({ sqlite: { synchronous: 'off', journalMode: 'keep' } });
    const other = new BetterSqlite3(db.path);
    other.exec('CREATE TABLE u (a); BEGIN EXCLUSIVE');
    const sql = 'WITH x AS (SELECT 5) INSERT INTO u SELECT * FROM x';
    const failure = await failureOf(db.execute({ sql, timeoutMs: 200 }));
    const writing = db.execute(sql);
    other.exec('COMMIT');
    other.close();
    await writing;

    expect(failure).toMatchObject({ kind: 'busy', outcome: 'not-applied' });
    expect(await readColumn(db, 'SELECT a FROM u')).toEqual([5]);
  });

  describe('whose commit waits for somebody who reads, with a rollback journal,', () => {
    async function openRead() {
      const db = await open({ sqlite: { synchronous: 'off', journalMode: 'keep' } });
      await db.execute('INSERT INTO t VALUES (-1)');
      const other = new BetterSqlite3(db.path);
      other.exec('BEGIN; SELECT * FROM t');
      return { db, other };
    }

    it('is kept when the reader leaves', async () => {
      const { db, other } = await openRead();
      const writing = db.execute(fill(10));
      await new Promise((resolve) => setTimeout(resolve, 300));
      other.close();
      await writing;

      expect(await countRows(db)).toBe(11);
    });

    it.each([
      ['its deadline', 'busy', { timeoutMs: 300 }],
      ['its signal', 'aborted', { signal: AbortSignal.timeout(1_000) }],
    ])('is surely not kept when %s ends it', async (_name, kind, options) => {
      const { db, other } = await openRead();
      const failure = await failureOf(db.execute({ sql: fill(10), ...options }));
      other.close();

      expect(failure).toMatchObject({ kind, outcome: 'not-applied' });
      await db.execute('INSERT INTO t VALUES (-2)');
      expect(await readColumn(db, 'SELECT a FROM t ORDER BY a')).toEqual([-2, -1]);
    });
  });

  it('waits for another process that writes', async () => {
    const db = await open();
    const other = new BetterSqlite3(db.path);
    other.exec('BEGIN IMMEDIATE; INSERT INTO t VALUES (-1)');
    const writing = db.execute(fill(10));
    await new Promise((resolve) => setTimeout(resolve, 200));
    other.exec('COMMIT');
    other.close();
    await writing;

    expect(await countRows(db)).toBe(11);
  });

  it('says that another process holds the lock when that is why it did not run in time', async () => {
    const db = await open();
    // so that its thread is open
    await db.execute(fill(10, 'REPLACE'));
    const other = new BetterSqlite3(db.path);
    other.exec('BEGIN IMMEDIATE');
    const failures = [];
    for (let n = 0; n < 3; n++)
      failures.push(await failureOf(db.execute({ sql: fill(10, 'REPLACE'), timeoutMs: 500 + n })));
    other.close();

    expect(failures.map(({ kind, outcome }) => [kind, outcome])).toEqual(
      Array(3).fill(['busy', 'not-applied']),
    );
    await db.execute(fill(10, 'REPLACE'));
    expect(await countRows(db)).toBe(10);
  });

  it('that still runs at a close is named, undone, and ends with the process', async () => {
    const db = await open({ shutdownTimeoutMs: 100 });
    const failure = failureOf(db.execute(`${fill(1_500_000)} WHERE 'secret' <> 5`));
    await untilLocked(db.path);
    await db.close();

    expect(await failure).toMatchObject({ code: 'CLIENT_CLOSED', outcome: 'not-applied' });
    expect(reports).toMatchObject([{ level: 'warning', code: 'STATEMENT_STILL_RUNS' }]);
    expect(reports[0]?.message).toMatch(/INSERT INTO t SELECT n FROM c WHERE \? <> \?$/);
    // it waits behind the statement
    const again = createConnection({ url: `sqlite:${db.path}`, queryTimeoutMs: 60_000 });
    opened.push(again);
    await again.execute('INSERT INTO t VALUES (-1)');
    expect(await countRows(again)).toBe(1);
  });

  it('of a process that is killed leaves nothing behind', async () => {
    const db = await open();
    const { path } = db;
    await db.close();
    const child = startChild(
      `const db = createConnection({ url: 'sqlite:' + process.env.DB, queryTimeoutMs: 60_000 });
       await db.open();
       const writing = db.execute(process.env.SQL).then(() => print('acknowledged'));
       print('begun');
       await writing;`,
      { DB: path, SQL: fill(8_000_000) },
    );
    await child.printed(1);
    await untilLocked(path);
    child.process.kill('SIGKILL');
    await child.ended.catch(() => undefined);

    expect(child.lines).toEqual(['begun']);
    const after = new BetterSqlite3(path);
    expect(after.prepare('SELECT count(*) FROM t').pluck().get()).toBe(0);
    expect(after.pragma('integrity_check', { simple: true })).toBe('ok');
    after.close();
  });
});
