import { describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { renameSync, rmSync } from 'node:fs';
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection, type DatabaseConnection } from '../../lib/index.js';
import type { Report } from '../../lib/contract/driver.js';
import { createResolvedConnection } from '../../lib/database/create-connection.js';
import { createOptionsEnvironment } from '../../lib/options/options-environment.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { describeBackup } from '../../lib/cli/describe-results.js';
import { createDeadline } from '../../lib/async/deadline.js';
import { copyDatabaseFile } from '../../lib/drivers/sqlite/copy-database-file.js';
import { backupDatabase, restoreDatabase } from '../../lib/transfer/index.js';
import { createTempFolder } from '../support/temp-folder.js';
import { createSource } from './support/create-source.js';
import { readEverything } from './support/read-everything.js';
import { readSource } from './support/read-source.js';
import { createLongSource } from './support/sources.js';
import { useTransferRoom } from './support/transfer-room.js';
import { rewriteSchema } from './traps/trap.js';

const room = useTransferRoom();

describe('connection.backup()', () => {
  it('copies a file that is written all the time, as it was at one moment', async () => {
    const { db, folder } = await openFile();
    await db.execute('CREATE TABLE pairs (a, b)');
    let writes = 0;
    let isDone = false;
    const writing = (async () => {
      while (!isDone) {
        await db.withTransaction(async (tx) => {
          await tx.execute('INSERT INTO pairs VALUES (?, 0)', [++writes]);
          await tx.execute('UPDATE pairs SET b = a WHERE b = 0');
        });
      }
    })();
    while (writes < 50) await new Promise(setImmediate);
    const before = writes;

    await db.backup(join(folder, 'copy.db'), { verify: true });
    const during = writes - before;
    isDone = true;
    await writing;

    const copy = new BetterSqlite3(join(folder, 'copy.db'), { readonly: true });
    const [found] = copy.prepare('SELECT count(*), max(a), sum(a <> b) FROM pairs').raw(true).all() as [
      number[],
    ];
    copy.close();
    const [count = 0, last, torn] = found;
    expect([last, torn]).toEqual([count, 0]);
    expect(count).toBeGreaterThanOrEqual(before - 1);
    expect(during).toBeGreaterThan(5);
    expect(await readdir(folder)).toEqual(expect.not.arrayContaining(['copy.db-wal', 'copy.db.transfer']));
    await db.close();
  });

  it('copies every definition and value of a server', async () => {
    const db = createConnection({ url: room.server.url });
    await db.executeMultiple(`CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a); CREATE INDEX i ON t (a);
      INSERT INTO t (a) VALUES ('x'), (1.5), (x'00'), (NULL); CREATE VIEW v AS SELECT a FROM t`);
    const file = join(await createTempFolder('backup'), 'copy.db');

    await db.backup(file);

    expect(await readSource(file)).toEqual({
      ...(await room.target.session((all) => readEverything(all))),
      encoding: ['UTF-8'],
    });
    await db.close();
  });

  it('copies a database in memory without what is not committed', async () => {
    const db = createConnection({ url: ':memory:' });
    await db.executeMultiple('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
    const file = join(await createTempFolder('backup'), 'copy.db');
    const tx = await db.transaction();
    await tx.execute('INSERT INTO t VALUES (2)');

    const backup = db.backup(file);
    await tx.rollback();
    await backup;

    expect(rowsOf(file, 'SELECT a FROM t')).toEqual([1]);
    await db.close();
  });

  it('overwrites nothing unless it is told', async () => {
    const { db, folder } = await openFile();
    const file = join(folder, 'copy.db');
    await db.execute('CREATE TABLE t (a)');
    await db.backup(file);
    await db.execute('INSERT INTO t VALUES (1)');

    await expect(db.backup(file)).rejects.toMatchObject({ code: 'TRANSFER_FILE_EXISTS' });
    expect(rowsOf(file, 'SELECT a FROM t')).toEqual([]);
    await db.backup(file, { overwrite: true });

    expect(rowsOf(file, 'SELECT a FROM t')).toEqual([1]);
    await db.close();
  });

  it.each(['wal', 'delete'])('never overwrites the database itself: %s', async (mode) => {
    const { db, path } = await openFile(mode);
    await db.executeMultiple('CREATE TABLE t (a); INSERT INTO t VALUES (1)');

    const backup = db.backup(path, { overwrite: true });

    await expect(backup).rejects.toMatchObject({ code: 'TRANSFER_FILE_IN_USE' });
    expect((await db.execute('SELECT a FROM t')).rows).toHaveLength(1);
    await db.close();
  });

  it('gives its permissions to the copy', async () => {
    const { db, path, folder } = await openFile();
    await db.execute('CREATE TABLE t (a)');
    await chmod(path, 0o600);

    await db.backup(join(folder, 'copy.db'));

    expect((await stat(join(folder, 'copy.db'))).mode & 0o777).toBe(0o600);
    await db.close();
  });

  it.each<[string, (signal: AbortSignal) => object, object]>([
    ['a signal', (signal) => ({ signal }), { kind: 'aborted' }],
    ['its deadline', () => ({ timeoutMs: 1 }), { kind: 'timeout', outcome: 'not-applied' }],
  ])('ends with %s and leaves nothing', async (_name, options, expected) => {
    const source = await createLongSource(50_000);
    const db = createConnection({ url: `file:${source}` });
    await db.execute('SELECT 1');
    const stopping = new AbortController();
    setTimeout(() => stopping.abort(), 20);

    const backup = db.backup(`${source}.copy`, options(stopping.signal));

    await expect(backup).rejects.toMatchObject(expected);
    expect((await readdir(join(source, '..'))).filter((name) => name.includes('copy'))).toEqual([]);
    await db.close();
  });

  it('ends with the connection when that no longer waits', async () => {
    const source = await createLongSource(200_000);
    const db = createConnection({ url: `file:${source}`, shutdownTimeoutMs: 1 });
    await db.execute('SELECT 1');

    const backup = db.backup(`${source}.copy`);
    const failure = expect(backup).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    await db.close();

    await failure;
  });

  it('names the table that it could not compare in a warning', async () => {
    const source = await createSource((db) => {
      db.exec(`CREATE TABLE "lo st" (w TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID; CREATE TABLE t (a)`);
      rewriteSchema(db, 'lo st', 'NOCASE', 'german');
    });
    const reports: Report[] = [];
    const resolved = resolveOptions({ url: `file:${source}` }, createOptionsEnvironment(undefined));
    const db = createResolvedConnection(resolved, (report) => reports.push(report));

    await db.backup(`${source}.quick`);
    expect(reports).toEqual([]);
    await db.backup(`${source}.copy`, { verify: true });

    const message = expect.stringContaining('not compared in a backup: lo st, whose key');
    expect(reports).toEqual([{ level: 'warning', code: 'BACKUP_NOT_COMPARED', message }]);
    await db.close();
  });

  it('is refused inside of a transaction, whose rows it would lack', async () => {
    const { db, folder } = await openFile();

    const backup = db.withTransaction(() => db.backup(join(folder, 'copy.db')));

    await expect(backup).rejects.toMatchObject({ code: 'BACKUP_IN_TRANSACTION' });
    await db.close();
  });

  it.each<[string, string, object]>([
    ['a URL', 'file:copy.db', {}],
    ['an unknown option', 'copy.db', { force: true }],
    ['no path', '', {}],
  ])('refuses %s', async (_name, path, options) => {
    const db = createConnection({ url: ':memory:' });

    await expect(db.backup(path, options)).rejects.toMatchObject({ code: 'ARGS_INVALID' });
    await db.close();
  });
});

describe('a backup', () => {
  it('of a damaged file fails, and the one before stays', async () => {
    const source = await createLongSource(2_000);
    await backupDatabase({ source, file: `${source}.copy` });
    const before = await readFile(`${source}.copy`);
    const bytes = await readFile(source);
    bytes.fill(0xab, bytes.length - 20_000, bytes.length - 8_000);
    await writeFile(source, bytes);

    const backup = backupDatabase({ source, file: `${source}.copy`, overwrite: true });

    await expect(backup).rejects.toMatchObject({ kind: 'corrupt' });
    expect((await readFile(`${source}.copy`)).equals(before)).toBe(true);
  });

  it('of a file whose rows break a rule of their own is one', async () => {
    const source = await createSource((db) => {
      db.exec(
        'CREATE TABLE t (n CHECK (n > 0)); PRAGMA ignore_check_constraints = ON; INSERT INTO t VALUES (0)',
      );
    });

    const { checked, tables } = await backupDatabase({ source, file: `${source}.copy`, verify: true });

    expect([checked, tables]).toMatchObject([true, [{ name: 't', rows: 1 }]]);
    expect(await readSource(`${source}.copy`)).toEqual(await readSource(source));
  });

  it('of a file that needs a function of its application is made, and says what nobody could check', async () => {
    const source = await createSource((db) => {
      db.function('f', { deterministic: true }, (value) => value);
      db.exec('CREATE TABLE t (a); CREATE INDEX i ON t (f(a)); INSERT INTO t VALUES (1)');
    });

    const { checked } = await backupDatabase({ source, file: `${source}.copy`, verify: true });

    expect(checked).toBe(false);
    expect(rowsOf(`${source}.copy`, 'SELECT a FROM t NOT INDEXED')).toEqual([1]);
  });

  it('of a file that needs a function of its application fails where another table is damaged', async () => {
    const source = await createSource((db) => {
      db.function('f', { deterministic: true }, (value) => value);
      db.exec(`CREATE TABLE t (a); CREATE INDEX i ON t (f(a)); CREATE TABLE "it's" (a, b);
        CREATE INDEX j ON "it's" (a); INSERT INTO "it's" VALUES (1, 2)`);
      rewriteSchema(db, 'j', '(a)', '(b)');
    });

    const backup = backupDatabase({ source, file: `${source}.copy` });

    await expect(backup).rejects.toMatchObject({ code: 'SQLITE_CORRUPT' });
  });

  it('of a file whose keys need a collation of its application is made and brought back, and says what nobody could compare', async () => {
    const source = await createSource((db) => {
      db.exec(`CREATE TABLE k (w TEXT COLLATE NOCASE PRIMARY KEY); INSERT INTO k VALUES ('b'), ('A');
        CREATE TABLE lost (w TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID; INSERT INTO lost VALUES ('c')`);
      for (const table of ['k', 'lost']) rewriteSchema(db, table, 'NOCASE', 'german');
    });

    const made = await backupDatabase({ source, file: `${source}.copy`, verify: true });
    const restored = await restoreDatabase({ file: `${source}.copy`, target: `${source}.back` });

    for (const report of [made, restored])
      expect(report).toMatchObject({ checked: false, tables: [{ name: 'k', rows: 2 }], unread: ['lost'] });
    expect(describeBackup(made)).toMatch(
      /^not compared lost: .*\nverified: .* as far as they could be compared$/m,
    );
    expect(rowsOf(`${source}.back`, 'SELECT w FROM k NOT INDEXED')).toEqual(['b', 'A']);
  });

  it.each<[string, (copy: string) => void, object]>([
    ['removes it', (copy) => rmSync(copy, { force: true }), { code: 'SQLITE_CANTOPEN' }],
    ['puts another there', (copy) => renameSync(`${copy}.other`, copy), { code: 'BACKUP_DIFFERS' }],
  ])('is none when somebody %s under way', async (_name, disturb, expected) => {
    const source = await createLongSource(100_000);
    const copy = `${source}.copy`;
    const db = new BetterSqlite3(source);
    db.exec('CREATE TABLE gone (a); INSERT INTO gone VALUES (zeroblob(10000000)); DELETE FROM gone');
    db.exec(`VACUUM INTO '${copy}.other'`);
    db.close();
    let isDisturbed = false;
    const onProgress = (): void => {
      if (!isDisturbed) disturb(copy);
      isDisturbed = true;
    };

    const copying = copyDatabaseFile({ source, copy, verify: true, onProgress }, createDeadline(60_000));

    await expect(copying).rejects.toMatchObject(expected);
  });

  it('shares its place with nobody', async () => {
    const source = await createLongSource(20_000);
    const options = { source, file: `${source}.copy` };

    const [first, second] = await Promise.allSettled([backupDatabase(options), backupDatabase(options)]);

    const reasons = [first, second].map((result) =>
      result.status === 'rejected' ? result.reason : undefined,
    );
    expect(reasons.filter((reason) => reason === undefined)).toHaveLength(1);
    expect(reasons).toContainEqual(expect.objectContaining({ code: 'TRANSFER_BUSY' }));
  });
});

describe('a restore', () => {
  it('replaces a database that nobody has open', async () => {
    const source = await createLongSource(100);
    const before = await readSource(source);
    await backupDatabase({ source, file: `${source}.backup` });
    change(source);

    const refused = restoreDatabase({ file: `${source}.backup`, target: source });
    await expect(refused).rejects.toMatchObject({ code: 'TRANSFER_FILE_EXISTS' });
    await restoreDatabase({ file: `${source}.backup`, target: source, overwrite: true });

    expect(await readSource(source)).toEqual(before);
  });

  it('leaves a database alone that somebody has open, with its log', async () => {
    const source = await createLongSource(100);
    await backupDatabase({ source, file: `${source}.backup` });
    const db = createConnection({ url: `file:${source}` });
    await db.execute(`INSERT INTO keyless VALUES ('later', 1)`);

    const restore = restoreDatabase({ file: `${source}.backup`, target: source, overwrite: true });

    await expect(restore).rejects.toMatchObject({ code: 'TRANSFER_FILE_IN_USE' });
    expect((await db.execute(`SELECT 1 FROM keyless WHERE a = 'later'`)).rows).toHaveLength(1);
    await db.close();
    await restoreDatabase({ file: `${source}.backup`, target: source, overwrite: true });
    expect(rowsOf(source, `SELECT 1 FROM keyless WHERE a = 'later'`)).toEqual([]);
  });

  it('leaves no log of the former database for the new one to read', async () => {
    const source = await createLongSource(100);
    const before = await readSource(source);
    await backupDatabase({ source, file: `${source}.backup` });
    // as a killed process leaves it
    const killed = `${source}.killed`;
    const db = new BetterSqlite3(source);
    db.exec(`INSERT INTO keyless VALUES ('later', 1)`);
    for (const suffix of ['', '-wal']) await writeFile(killed + suffix, await readFile(source + suffix));
    db.close();

    await restoreDatabase({ file: `${source}.backup`, target: killed, overwrite: true });

    expect(await readSource(killed)).toEqual(before);
  });

  it('puts a database in the place of a ruin', async () => {
    const source = await createLongSource(100);
    const before = await readSource(source);
    await backupDatabase({ source, file: `${source}.backup` });
    await ruin(source);

    await restoreDatabase({ file: `${source}.backup`, target: source, overwrite: true });

    expect(await readSource(source)).toEqual(before);
  });

  it.each(['-wal', '-shm'])('removes nothing beside a ruin: %s', async (suffix) => {
    const source = await createLongSource(100);
    await backupDatabase({ source, file: `${source}.backup` });
    await ruin(source);
    await writeFile(source + suffix, Buffer.alloc(8192, 9));

    const restore = restoreDatabase({ file: `${source}.backup`, target: source, overwrite: true });

    await expect(restore).rejects.toMatchObject({
      code: 'TRANSFER_FILE_IN_USE',
      message: expect.stringContaining('aside'),
    });
    expect((await readFile(source + suffix)).equals(Buffer.alloc(8192, 9))).toBe(true);
    await ruin(source);
    await restoreDatabase({ file: `${source}.backup`, target: source, overwrite: true });
    expect(rowsOf(source, 'SELECT count(*) FROM keyless')).toEqual([100]);
  });

  it('of a damaged backup changes nothing', async () => {
    const source = await createLongSource(100);
    await writeFile(`${source}.backup`, Buffer.alloc(8192, 7));

    const restore = restoreDatabase({ file: `${source}.backup`, target: source, overwrite: true });

    await expect(restore).rejects.toMatchObject({ kind: 'corrupt' });
    expect(rowsOf(source, 'SELECT count(*) FROM keyless')).toEqual([100]);
  });

  it('to a server is a verified copy', async () => {
    const source = await createLongSource(100);

    const report = await restoreDatabase({ file: source, target: { url: room.server.url } });

    expect(report).toMatchObject({ verification: { equal: true } });
    expect(await room.target.all('SELECT count(*) FROM keyless')).toEqual([[100]]);
  });
});

async function openFile(
  journalMode = 'wal',
): Promise<{ db: DatabaseConnection; path: string; folder: string }> {
  const folder = await createTempFolder('backup');
  const path = join(folder, 'app.db');
  const sqlite = { journalMode: journalMode === 'wal' ? 'wal' : 'keep' } as const;
  return { db: createConnection({ url: `file:${path}`, sqlite }), path, folder };
}

function rowsOf(path: string, sql: string): unknown[] {
  const db = new BetterSqlite3(path, { readonly: true });
  try {
    return db.prepare(sql).pluck(true).all();
  } finally {
    db.close();
  }
}

async function ruin(path: string): Promise<void> {
  // a backup reads without a right to write, and leaves an empty log
  for (const suffix of ['-wal', '-shm']) await rm(path + suffix, { force: true });
  await writeFile(path, Buffer.alloc(8192, 7));
}

function change(path: string): void {
  const db = new BetterSqlite3(path);
  db.exec(`DELETE FROM words; UPDATE keyless SET a = 'other'`);
  db.close();
}
