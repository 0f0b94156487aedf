import { expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canMount } from '../support/small-device.js';
import { createTempFolder } from '../support/temp-folder.js';
import { readEverything } from '../transfer/support/read-everything.js';
import { readSource } from '../transfer/support/read-source.js';
import { runCli, runCliOnFullDisk, runCliOnSmallDevice } from '../transfer/support/run-cli.js';
import { createLongSource, createSourceWithBadRows } from '../transfer/support/sources.js';
import { useTransferRoom } from '../transfer/support/transfer-room.js';

const room = useTransferRoom();

it('a copy whose snapshot does not fit has not begun', async () => {
  const source = await createLongSource(2_000);

  const { exitCode, stderr } = await runCliOnFullDisk(['copy', source, room.server.url], 60_000);

  expect([exitCode, stderr]).toEqual([5, expect.stringContaining('disk')]);
  expect(stderr).not.toContain('To go on');
  expect(await room.target.all('SELECT name FROM sqlite_schema')).toEqual([]);
  expect(await listMade(source)).toEqual([]);
}, 120_000);

if (canMount())
  it('a copy whose snapshot finds no room says so before it writes, and how much it needs', async () => {
    const source = await createLongSource(30_000);
    const folder = await createTempFolder('device');

    const args = ['copy', source, room.server.url, '--work-folder', folder, '--json'];
    const { exitCode, stderr } = await runCliOnSmallDevice(args, folder);

    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/the snapshot needs [1-9] MiB in .*, where 0 MiB are free/),
    ]);
    expect(await room.target.all('SELECT name FROM sqlite_schema')).toEqual([]);
    expect([await listMade(source), await readdir(folder)]).toEqual([[], []]);
  }, 120_000);
else
  it('a device without room is not shown here: this machine lets nobody mount one', () => {
    expect(canMount()).toBe(false);
  });

it('a copy that cannot write its rejects any more goes on later', async () => {
  const source = await createSourceWithBadRows(900);
  useRollbackJournal(source);
  const args = ['copy', source, room.server.url, '--on-bad-row', 'quarantine'];

  // the snapshot is shorter, the list of 300 rows longer
  const full = await runCliOnFullDisk(args, 30_000);
  const command = /^To go on: nestjs-turso (.*)$/m.exec(full.stderr)?.[1] ?? '';
  const resumed = await runCli(command.split(' '));

  expect([full.exitCode, resumed.exitCode]).toEqual([4, 2]);
  expect(await listMade(source)).toEqual(['app.db.rejects.jsonl']);
  expect(resumed.stdout).toContain('300 rows were left out');
  expect(await room.target.all('SELECT count(*) FROM t')).toEqual([[600]]);
}, 120_000);

it('a pull keeps what has arrived and goes on later', async () => {
  const source = await createLongSource(4_000);
  await runCli(['copy', source, room.server.url]);
  const file = join(await createTempFolder('pull'), 'a.db');

  const full = await runCliOnFullDisk(['pull', room.server.url, file], 100_000);
  const command = /^To go on: nestjs-turso (.*)$/m.exec(full.stderr)?.[1] ?? '';
  const resumed = await runCli(command.split(' '));

  expect([full.exitCode, resumed.exitCode]).toEqual([4, 0]);
  expect(await readSource(file)).toEqual({
    ...(await room.target.session((all) => readEverything(all))),
    encoding: ['UTF-8'],
  });
}, 120_000);

it('a backup leaves nothing behind', async () => {
  const source = await createLongSource(4_000);

  const { exitCode, stderr } = await runCliOnFullDisk(['backup', source, `${source}.copy`], 100_000);

  expect([exitCode, stderr]).toEqual([5, expect.stringContaining('disk')]);
  expect(await listMade(source)).toEqual([]);
}, 120_000);

/** Whoever reads a file in WAL mode may leave its log and the index of that behind. */
async function listMade(source: string): Promise<string[]> {
  return (await readdir(dirname(source))).filter((name) => !/^app\.db(-wal|-shm)?$/.test(name));
}

/** The index of a log takes 32 KiB. */
function useRollbackJournal(path: string): void {
  const db = new BetterSqlite3(path);
  db.pragma('journal_mode = DELETE');
  db.close();
}
