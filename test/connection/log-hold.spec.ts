import { afterEach, describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../lib/contract/driver.js';
import { createResolvedConnection } from '../../lib/database/create-connection.js';
import type { DatabaseConnection, DatabaseModuleOptions } from '../../lib/index.js';
import { createOptionsEnvironment } from '../../lib/options/options-environment.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { failureOf, readValue } from '../contract/facts.js';
import { createTempDatabase } from '../support/temp-database.js';

const megabyte = 1_048_576;
/** Reads the table over and over: some hundred milliseconds. */
const scan =
  'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 200000) ' +
  'SELECT count(*), (SELECT count(*) FROM t) FROM c';
const write = 'INSERT INTO t VALUES (randomblob(100000))';

let db: DatabaseConnection;
let path: string;
let reports: Report[];
afterEach(() => db.close());

async function open(options: DatabaseModuleOptions = {}): Promise<void> {
  let url: string;
  ({ path, url } = await createTempDatabase());
  reports = [];
  const all = { url, queryTimeoutMs: 60_000, ...options };
  db = createResolvedConnection(resolveOptions(all, createOptionsEnvironment(undefined)), (report) =>
    reports.push(report),
  );
  await db.execute('CREATE TABLE t (a)');
}

/** Writes `megabytes` while four callers scan without end. @returns the longest log seen */
async function writeBesideScans(megabytes: number): Promise<number> {
  let isOver = false;
  let longest = 0;
  const scanner = async (): Promise<void> => {
    while (!isOver) await db.execute(scan);
  };
  const scanners = [1, 2, 3, 4].map(scanner);
  for (let n = 0; n < megabytes * 10; n++) {
    await db.execute(write);
    longest = Math.max(longest, statSync(`${path}-wal`).size);
    // writes that leave no time for anything else would outrun any reader, on a busy machine all the more
    await sleep(5);
  }
  isOver = true;
  await Promise.all(scanners);
  return longest;
}

describe('the write-ahead log', () => {
  it('stays bounded although reads never cease', async () => {
    await open({ sqlite: { synchronous: 'off' } });
    const longest = await writeBesideScans(60);

    expect(longest).toBeLessThan(32 * megabyte);
    expect(longest).toBeGreaterThan(16 * megabyte);
    expect(await readValue(db, 'SELECT count(*) FROM t')).toBe(600);
    expect(reports).toEqual([]);
  }, 120_000);

  it('that a transaction keeps from being emptied is reported once, and reads go on', async () => {
    await open({ sqlite: { synchronous: 'off' }, transactionTimeoutMs: 60_000 });
    const reader = await db.transaction('read');
    await reader.execute('SELECT count(*) FROM t');
    for (let n = 0; n < 200; n++) await db.execute(write);
    await db.execute(scan);
    await db.execute(scan);
    await reader.rollback();

    expect(reports).toMatchObject([{ level: 'warning', code: 'LOG_NOT_EMPTIED' }]);
  }, 60_000);

  it('is left alone once the connection is closed', async () => {
    await open({ sqlite: { synchronous: 'off' }, shutdownTimeoutMs: 100 });
    const reader = new BetterSqlite3(path);
    reader.exec('BEGIN');
    reader.prepare('SELECT * FROM t').all();
    for (let n = 0; n < 200; n++) await db.execute(write);
    const held = failureOf(db.execute(scan));
    await sleep(100);
    await db.close();
    await held;
    await sleep(6_000);
    reader.close();

    expect(reports).toEqual([]);
    expect(await readdir(dirname(path))).toEqual([basename(path)]);
  }, 60_000);
});

describe('a rollback journal', () => {
  it('lets writers in although reads never cease', async () => {
    await open({ sqlite: { synchronous: 'off', journalMode: 'keep' }, queryTimeoutMs: 20_000 });
    let isOver = false;
    const scanner = async (): Promise<void> => {
      while (!isOver) await db.execute(scan);
    };
    const scanners = [1, 2, 3, 4].map(scanner);
    for (let n = 0; n < 5; n++) await db.execute("INSERT INTO t VALUES ('a')");
    isOver = true;
    await Promise.all(scanners);

    expect(await readValue(db, 'SELECT count(*) FROM t')).toBe(5);
  }, 60_000);
});
