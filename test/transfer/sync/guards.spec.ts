import { describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { copyDatabase, cutoverDatabase, detachSource, syncDatabase } from '../../../lib/transfer/index.js';
import { resolveTransferOptions } from '../../../lib/transfer/resolve-transfer-options.js';
import type { Cell } from '../../../lib/transfer/source/cell.js';
import type { SourceTable } from '../../../lib/transfer/source/source-schema.js';
import { compareTouched } from '../../../lib/transfer/sync/drain-changelog.js';
import { TargetDatabase } from '../../../lib/transfer/target/target-database.js';
import { openLiveSource } from '../../../lib/transfer/sync/live-source.js';
import { createSource } from '../support/create-source.js';
import { useTransferRoom } from '../support/transfer-room.js';

const room = useTransferRoom();

describe('a changelog', () => {
  it('is refused when a unique index came later, because it does not note what a REPLACE removes by it', async () => {
    const { options, db } = await openCopied(
      'CREATE TABLE t (id INTEGER PRIMARY KEY, u); INSERT INTO t VALUES (1, 1)',
    );
    await syncDatabase({ ...options, mode: 'changelog' });
    db.exec('CREATE UNIQUE INDEX tu ON t (u)');
    await room.target.run('CREATE UNIQUE INDEX tu ON t (u)');
    db.exec('INSERT OR REPLACE INTO t VALUES (2, 1)');
    db.close();

    await expect(syncDatabase(options)).rejects.toMatchObject({ code: 'TRANSFER_SCHEMA_CHANGED' });
  });

  it('serves one transfer alone', async () => {
    const { options, db } = await openCopied('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    await syncDatabase({ ...options, mode: 'changelog' });
    await room.target.empty();
    const other = { ...options, workFolder: `${options.source}-other` };
    await copyDatabase({ ...other, keepOpen: true });
    db.exec('INSERT INTO t VALUES (1)');

    for (const work of [syncDatabase, cutoverDatabase])
      await expect(work(other)).rejects.toMatchObject({
        code: 'TRANSFER_CONFLICT',
        message: expect.stringContaining('"detach"') as unknown,
      });
    expect(db.prepare('SELECT count(*) AS n FROM nestjs_turso_changes_1').get()).toEqual({ n: 1 });
    db.close();
  });

  it('of another version is refused until it is detached, and nothing is lost', async () => {
    const { options, db } = await openCopied('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    await syncDatabase({ ...options, mode: 'changelog' });
    db.exec('ALTER TABLE nestjs_turso_changes DROP COLUMN transfer; INSERT INTO t VALUES (1)');

    for (const work of [syncDatabase, cutoverDatabase])
      await expect(work(options)).rejects.toMatchObject({
        code: 'TRANSFER_CONFLICT',
        message: expect.stringContaining('"detach"') as unknown,
      });
    await detachSource({ source: options.source });
    await syncDatabase({ ...options, mode: 'changelog' });

    expect(await room.target.all('SELECT id FROM t')).toEqual([[1]]);
    db.close();
  });
});

describe('a cut-over', () => {
  it.each(['by detach', 'by hand'])('does not call a source closed that was opened again %s', async (way) => {
    const { options, db } = await openCopied('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    const record = join(`${options.source}.transfer`, 'sync.json');
    await syncDatabase({ ...options, mode: 'changelog' });
    const before = JSON.parse(await readFile(record, 'utf8')) as object;
    // as one leaves it that was killed behind its last step
    const killed = JSON.stringify({ ...before, closing: true });
    await writeFile(record, killed);
    await room.target.run('DROP TABLE nestjs_turso_transfer');
    await detachSource({ source: options.source });
    if (way === 'by hand') await writeFile(record, killed);
    db.close();

    await expect(cutoverDatabase(options)).rejects.toMatchObject({ code: 'TRANSFER_CONFLICT' });
    expect(JSON.parse(await readFile(record, 'utf8'))).toMatchObject({ closing: way === 'by hand' });
  });

  it('writes to a source in WAL mode durably', async () => {
    const source = await createSource((db) => void db.exec('CREATE TABLE t (id)'));
    const live = await openLiveSource({
      source,
      invalidUtf8: 'stop',
      patienceMs: 1_000,
      signal: undefined,
    });

    live.readSchema();

    expect(live.db.pragma('synchronous', { simple: true })).toBe(2);
    live.close();
  });

  it('leaves the source open where the target refuses a trigger, and names it', async () => {
    const { options, db } = await openCopied('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    await syncDatabase({ ...options, mode: 'changelog' });
    db.exec(
      `CREATE TRIGGER newer BEFORE DELETE ON t WHEN OLD.id < 0 BEGIN SELECT RAISE(ABORT, 'no ' || OLD.id); END`,
    );

    await expect(cutoverDatabase(options)).rejects.toMatchObject({
      code: 'TRANSFER_BAD_DEFINITION',
      message: expect.stringContaining('the target refuses the trigger newer') as unknown,
    });
    db.exec('INSERT INTO t VALUES (1); DROP TRIGGER newer');
    const { verification } = await cutoverDatabase(options);
    expect(verification.equal).toBe(true);
    db.close();
  });
});

it('compares a row once that several keys name, because they differ in case alone', async () => {
  const source = await createSource(
    (db) => void db.exec('CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID'),
  );
  await room.target.run('CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID');
  await room.target.run(`INSERT INTO t VALUES ('a')`);
  const target = new TargetDatabase(resolveTransferOptions({ source, target: { url: room.server.url } }));
  const live = await openLiveSource(target.options);
  live.run(`INSERT INTO t VALUES ('a')`);
  const [table] = live.readSchema().tables;
  const log = { table: table as SourceTable, key: ['"k"'], log: 'log', columns: ['k0'], unique: [] };
  const keys = [['A'], ...Array.from({ length: 300 }, (_, index) => [`X${index}`]), ['a']];
  const toRows = (rows: string[][]) => (): Generator<Cell[], void, undefined> =>
    (function* () {
      yield* rows;
    })();
  const spooled = { log, last: 1n, keyCount: 302, readKeys: toRows(keys), readRows: toRows([['a']]) };

  await expect(compareTouched(target, [spooled])).resolves.toBeUndefined();
  live.close();
  target.close();
});

async function openCopied(
  sql: string,
): Promise<{ options: { source: string; target: { url: string } }; db: Database }> {
  const source = await createSource((db) => void db.exec(sql));
  const options = { source, target: { url: room.server.url } };
  await copyDatabase({ ...options, keepOpen: true });
  return { options, db: new BetterSqlite3(source, { timeout: 5_000 }) };
}
