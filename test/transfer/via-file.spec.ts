import { describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort } from '../../lib/testing/server/find-free-port.js';
import { openNamespaceFront } from '../../lib/testing/server/namespace-front.js';
import { copyDatabase, planTransfer, type CopyOptions } from '../../lib/transfer/index.js';
import { createTempFolder } from '../support/temp-folder.js';
import { createSource } from './support/create-source.js';
import { usePlacementRoom } from './support/placement-room.js';
import { startCli } from './support/run-cli.js';
import { createTestTarget } from './support/target.js';

const room = usePlacementRoom();

async function expectRefused(code: string, more: Partial<CopyOptions> = {}): Promise<void> {
  await expect(copyDatabase(room.options(more))).rejects.toMatchObject({ code });
  expect(await room.exists()).toBe(false);
  await room.expectNothingLeft();
}

describe('a copy by way of the file', () => {
  it('makes a database that is equal, stays through a restart, and can be written to', async () => {
    expect((await planTransfer(room.options())).problems).toEqual([]);
    expect(await room.exists()).toBe(false);

    const report = await copyDatabase(room.options());

    expect(report).toMatchObject({ verification: { equal: true }, rejects: [], notes: [] });
    await room.expectCopied();
    await room.server.kill('SIGKILL');
    await room.server.restart();
    await room.expectCopied();
    await createTestTarget(room.front.url).run(`INSERT INTO keyless VALUES ('more', 1)`);
  });

  it('takes a file of another page size, with what rows leave behind', async () => {
    room.source = await createSource((db) => {
      db.exec('PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM; PRAGMA application_id = 77');
      db.exec(
        'CREATE TABLE t (a); CREATE INDEX i ON t (a); INSERT INTO t VALUES (-0.0), (9e999), (1.5); ANALYZE',
      );
    });

    const report = await copyDatabase(room.options());

    expect([report.verification.equal, report.notes.map(({ kind }) => kind)]).toEqual([true, ['infinity']]);
    expect(await createTestTarget(room.front.url).all('SELECT count(*) FROM sqlite_stat1')).toEqual([[1]]);
  });

  it('is refused where the name is taken, on the server or in the folder', async () => {
    await room.create();
    await expect(copyDatabase(room.options())).rejects.toMatchObject({ code: 'TRANSFER_NAMESPACE_EXISTS' });
    await room.expectNothingLeft();
    await room.remove();

    await mkdir(join(room.server.dataDir, 'dbs', room.namespace));
    await expectRefused('TRANSFER_NAMESPACE_EXISTS');
  });

  it('is refused where folder and addresses do not belong together', async () => {
    const { dataDir: dataFolder } = room.server;
    const { adminUrl, namespace } = room;
    const viaFile = { dataFolder, adminUrl, namespace };
    const copied = await createTempFolder('data');
    await cp(room.server.dataDir, copied, { recursive: true });
    const other = await openNamespaceFront(room.server.port, 'other');
    const nowhere = await openNamespaceFront(room.server.port, 'nowhere');

    await expectRefused('TRANSFER_DATA_FOLDER', { viaFile: { ...viaFile, dataFolder: copied } });
    await expectRefused('TRANSFER_DATA_FOLDER', { viaFile: { ...viaFile, dataFolder: join(copied, 'dbs') } });
    await expectRefused('TRANSFER_NAMESPACE_EXISTS', { target: { url: other.url } });
    await expectRefused('TRANSFER_TARGET_INVALID', { target: { url: nowhere.url } });
    await expectRefused('TRANSFER_ADMIN_REFUSED', { viaFile: { ...viaFile, adminUrl: room.server.url } });
    const deaf = `http://127.0.0.1:${await findFreePort()}`;
    await expectRefused('TRANSFER_ADMIN_UNAVAILABLE', { viaFile: { ...viaFile, adminUrl: deaf } });
    await expectRefused('TRANSFER_OPTION_INVALID', { viaFile: { ...viaFile, namespace: '../up' } });

    await writeFile(join(copied, 'dbs/other/data'), Buffer.alloc(4096, 7));
    await expectRefused('TRANSFER_DATA_FOLDER', { viaFile: { ...viaFile, dataFolder: copied } });
    other.close();
    nowhere.close();
  });

  it('is refused for what a file cannot do, and for what the server lacks', async () => {
    await expectRefused('TRANSFER_OPTION_INVALID', { keepOpen: true });
    await expectRefused('TRANSFER_OPTION_INVALID', { onBadRow: 'quarantine' });
    const db = new BetterSqlite3(room.source);
    db.function('mine', { deterministic: true }, (value: unknown) => value);
    db.exec('CREATE VIEW needs AS SELECT mine(a) FROM keyless');
    await expectRefused('TRANSFER_REFUSED');
    db.exec('DROP VIEW needs; CREATE TABLE nestjs_turso_changes_1 (a)');
    await expectRefused('TRANSFER_FILE_UNFIT');
    db.close();
    room.source = await createSource((empty) => empty.exec(`PRAGMA encoding = 'UTF-16'; CREATE TABLE t (a)`));
    await expectRefused('TRANSFER_FILE_UNFIT');
  });

  it.each([
    ['the end of its rehearsal', 'DELETE', 1],
    ['a look at what the server has', 'GET', 3],
    ['the opening of the file', 'POST', 2],
  ] as const)('can be resumed when the server refuses %s', async (_name, method, nth) => {
    let seen = 0;
    const admin = await room.startAdminFront((found, pass) =>
      found === method && ++seen === nth ? Promise.resolve(503) : pass(),
    );

    const failure = await copyDatabase(room.through(admin)).catch((error: unknown) => error);
    const report = await copyDatabase(room.through(admin, { resume: true }));
    admin.close();

    expect(seen).toBeGreaterThanOrEqual(nth);
    expect(failure).toMatchObject({ code: 'TRANSFER_INTERRUPTED' });
    expect(report.verification.equal).toBe(true);
    await room.expectCopied();
  });

  it.each([
    ['before its rehearsal', 'POST', 1, false],
    ['in its rehearsal', 'DELETE', 1, false],
    ['behind its rehearsal', 'DELETE', 1, true],
    ['when the file lies there', 'POST', 2, false],
    ['when the server has it', 'POST', 2, true],
  ] as const)('goes on behind a SIGKILL %s', async (_name, method, nth, behind) => {
    const args = [
      'copy',
      room.source,
      room.front.url,
      '--via',
      'file',
      '--data-folder',
      room.server.dataDir,
      '--namespace',
      room.namespace,
    ];
    let seen = 0;
    const admin = await room.startAdminFront(async (found, pass) => {
      const isIt = found === method && ++seen === nth;
      if (isIt && !behind) cli.kill('SIGKILL');
      else await pass();
      if (isIt && behind) cli.kill('SIGKILL');
    });
    const cli = startCli([...args, '--admin-url', admin.url]);
    expect((await cli.ended).exitCode).toBe(null);
    expect(seen).toBe(nth);
    const record = JSON.parse(await readFile(`${room.source}.transfer/transfer.json`, 'utf8')) as object;
    expect(record).toMatchObject({ placement: { namespace: room.namespace } });

    const resumed = await startCli([...args, '--admin-url', admin.url, '--resume']).ended;
    admin.close();

    expect([resumed.exitCode, resumed.stderr.includes('nestjs-turso:')]).toEqual([0, false]);
    await room.expectCopied();
  });
});
