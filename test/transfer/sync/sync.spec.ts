import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import {
  copyDatabase,
  cutoverDatabase,
  detachSource,
  readStatus,
  syncDatabase,
} from '../../../lib/transfer/index.js';
import { createConnection } from '../../../lib/database/create-connection.js';
import { startFaultProxy, type Fault, type FaultProxy } from '../../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { createSource } from '../support/create-source.js';
import { readEverything } from '../support/read-everything.js';
import { readSource } from '../support/read-source.js';
import { createTestTarget, type TestTarget } from '../support/target.js';
import { buildBusy, changeBusy } from './busy-source.js';

let server: SqldServer;
let proxy: FaultProxy;
let target: TestTarget;

beforeAll(async () => {
  server = await startSqld();
  proxy = await startFaultProxy(server.url);
  target = createTestTarget(server.url);
});

afterAll(async () => {
  await proxy.close();
  await server.stop();
});

beforeEach(async () => {
  proxy.clear();
  await target.empty();
});

describe.each(['changelog', 'hash'] as const)('a sync by %s', (mode) => {
  it.each(['WAL', 'DELETE'])('brings every kind of change, in mode %s', async (journal) => {
    const { source, db } = await openCopied(journal);
    await syncDatabase({ source, target: { url: server.url }, mode });

    for (let round = 0; round < 3; round++) {
      changeBusy(db, round);
      await syncDatabase({ source, target: { url: server.url }, mode });
      expect(await readTargetRows()).toEqual(await readRows(source));
    }
    db.close();

    const report = await cutoverDatabase({ source, target: { url: server.url } });

    expect(report.verification.differences).toEqual([]);
    expect([report.mode, report.sourceClosed]).toEqual([mode, mode === 'changelog']);
    expect(await target.all(`SELECT name FROM sqlite_schema WHERE name LIKE 'nestjs%'`)).toEqual([]);
    await detachSource({ source });
    expect(await readTarget()).toEqual(await readSource(source));
  });
});

describe('a transfer that was kept open', () => {
  it('is refused where no copy was kept open, and on a target that was cut over', async () => {
    const source = await createSource(buildBusy);
    const options = { source, target: { url: server.url } };
    await copyDatabase(options);
    await expect(syncDatabase(options)).rejects.toMatchObject({ code: 'TRANSFER_NOT_FOUND' });
    await target.empty();
    await copyDatabase({ ...options, keepOpen: true });
    await target.run('DROP TABLE nestjs_turso_transfer', `UPDATE users SET name = 'precious'`);

    for (const work of [syncDatabase, cutoverDatabase])
      await expect(work(options)).rejects.toMatchObject({ code: 'TRANSFER_CONFLICT' });
    expect(await target.all(`SELECT count(*) FROM users WHERE name <> 'precious'`)).toEqual([[0]]);
  });

  it('is refused where a definition changed on one side', async () => {
    const { source, db } = await openCopied('WAL');
    const options = { source, target: { url: server.url } };
    await syncDatabase({ ...options, mode: 'changelog' });
    db.exec('ALTER TABLE named ADD COLUMN more');

    await expect(syncDatabase(options)).rejects.toMatchObject({ code: 'TRANSFER_SCHEMA_CHANGED' });
    await expect(syncDatabase({ ...options, mode: 'hash' })).rejects.toMatchObject({
      code: 'TRANSFER_SCHEMA_CHANGED',
    });
    await target.run('ALTER TABLE named ADD COLUMN more');
    await syncDatabase(options);
    db.close();
    expect(await readTargetRows()).toEqual(await readRows(source));
  });

  it('leaves the application its counts and its last rowid, and its own copies without the log', async () => {
    const { source, db } = await openCopied('WAL');
    await syncDatabase({ source, target: { url: server.url }, mode: 'changelog' });

    const result = db.prepare('INSERT OR IGNORE INTO keyless VALUES (1, 2), (3, 4)').run();

    expect(result).toEqual({ changes: 2, lastInsertRowid: 302 });
    db.close();
    await target.empty();
    const { verification } = await copyDatabase({ source, target: { url: server.url } });
    expect(verification.equal).toBe(true);
    expect(await target.all(`SELECT name FROM sqlite_schema WHERE name LIKE '%changes%'`)).toEqual([]);
  });

  it('closes the source at the cut-over, and opens it again on request', async () => {
    const { source, db } = await openCopied('WAL');
    await syncDatabase({ source, target: { url: server.url }, mode: 'changelog' });
    const pauses: number[] = [];

    const { pauseMs } = await cutoverDatabase({
      source,
      target: { url: server.url },
      onPause: (ms) => pauses.push(ms),
    });

    expect(pauses).toEqual([pauseMs]);
    const insert = db.prepare(`INSERT INTO named VALUES ('late', 1)`);
    expect(() => insert.run()).toThrow('this database was moved to a server');
    expect(() => db.exec('DELETE FROM keyless')).toThrow('this database was moved to a server');
    await detachSource({ source });
    expect(insert.run().changes).toBe(1);
    expect(db.prepare(`SELECT 1 FROM sqlite_schema WHERE name LIKE 'nestjs%'`).all()).toEqual([]);
    db.close();
  });

  it('keeps an application from starting on its target, until the cut-over', async () => {
    const { source, db } = await openCopied('WAL');
    db.close();
    const open = async (refuseUnfinishedTransfer: boolean): Promise<void> => {
      const connection = createConnection({ url: server.url, refuseUnfinishedTransfer });
      await connection.execute('SELECT 1').finally(() => connection.close());
    };

    const message = expect.stringContaining('one that cannot go on begins again');
    await expect(open(true)).rejects.toMatchObject({
      code: 'TRANSFER_UNFINISHED',
      kind: 'configuration',
      message,
    });
    await open(false);
    expect((await readStatus({ url: server.url })).transfer).toMatch(/everything is loaded.* cut-over/);
    await cutoverDatabase({ source, target: { url: server.url } });
    await open(true);
  });

  it('loses nothing that was written up to the pause, from another connection', async () => {
    const { source, db } = await openCopied('WAL');
    const options = { source, target: { url: server.url } };
    await syncDatabase({ ...options, mode: 'changelog' });
    // one that waits would keep this thread from the one that holds the lock
    db.pragma('busy_timeout = 0');
    let [written, refused] = [0, 0];
    const insert = db.prepare('INSERT OR REPLACE INTO named VALUES (?, ?)');
    const writing = setInterval(() => {
      try {
        insert.run(`w${written % 40}`, written);
        written++;
      } catch {
        refused++;
      }
    }, 1);

    const { verification } = await cutoverDatabase(options);
    clearInterval(writing);
    db.close();

    expect(verification.differences).toEqual([]);
    expect(await target.all(`SELECT max(v) FROM named WHERE key LIKE 'w%'`)).toEqual([[written - 1]]);
    expect([written > 0, refused > 0]).toEqual([true, true]);
  });
});

describe('a sync and a cut-over lose and double nothing when', () => {
  const commits = (request: string): boolean => request.includes('UPDATE nestjs_turso_transfer');
  const faults: [string, Fault][] = [
    ['a connection is cut before a commit', { kind: 'reset-before-forward' }],
    ['a connection is cut behind a commit', { kind: 'reset-after-forward' }],
    ['a gateway fails behind a commit', { kind: 'respond', status: 502, afterForward: true }],
  ];

  it.each(faults)('%s', async (_name, fault) => {
    const { source, db } = await openCopied('WAL');
    const throughProxy = { source, target: { url: proxy.url } };
    await copyKeptOpenTo(proxy.url, source);
    await syncDatabase({ ...throughProxy, mode: 'changelog' });
    changeBusy(db, 0);
    db.close();
    for (let skip = 0; skip < 4; skip++) proxy.inject(fault, { requests: 1, when: commits });

    const { verification } = await cutoverDatabase(throughProxy);

    expect(verification.differences).toEqual([]);
    await detachSource({ source });
    expect(await readTarget()).toEqual(await readSource(source));
  });
});

/** The record names the address that a transfer goes to. */
async function copyKeptOpenTo(url: string, source: string): Promise<void> {
  await target.empty();
  await copyDatabase({ source, target: { url }, keepOpen: true });
}

async function openCopied(journal: string): Promise<{ source: string; db: Database }> {
  const source = await createSource((db) => {
    db.pragma(`journal_mode = ${journal}`);
    buildBusy(db);
  });
  await copyDatabase({ source, target: { url: server.url }, keepOpen: true });
  const db = new BetterSqlite3(source, { timeout: 5_000 });
  db.pragma('foreign_keys = ON');
  return { source, db };
}

/** Triggers come at the cut-over. */
async function readTargetRows(): Promise<Record<string, string[]>> {
  return onlyTables(await readTarget());
}

async function readRows(source: string): Promise<Record<string, string[]>> {
  return onlyTables(await readSource(source));
}

function onlyTables(everything: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(everything).filter(([name]) => name.startsWith('table ')));
}

async function readTarget(): Promise<Record<string, string[]>> {
  return { ...(await target.session((all) => readEverything(all))), encoding: ['UTF-8'] };
}
