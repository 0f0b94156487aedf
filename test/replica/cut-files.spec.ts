import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { stat, truncate, writeFile } from 'node:fs/promises';
import { ReplicaFiles } from '../../lib/drivers/replica/replica-files.js';
import { newPath } from './replica-setup.js';

const corrupt = { code: 'REPLICA_CORRUPT' };

describe('a database that has become smaller', () => {
  let path: string;
  let files: ReplicaFiles;
  let writer: BetterSqlite3.Database;
  beforeEach(async () => {
    path = await newPath();
    await writeFile(`${path}-client_wal_index`, 'a'.repeat(32));
    writer = new BetterSqlite3(path);
    writer.pragma('journal_mode = WAL');
    writer.exec('CREATE TABLE t (a BLOB)');
    for (let n = 0; n < 50; n++) writer.exec('INSERT INTO t VALUES (zeroblob(4000))');
    writer.pragma('wal_checkpoint(PASSIVE)');
    files = new ReplicaFiles(path, 'http://primary.example');
    await files.lookAgain();
  });
  afterEach(() => void writer.close());

  const sizeNow = async (): Promise<number> => (await stat(path)).size;

  /** What a sync does when the primary has given pages back: their end is in the log, which is moved into the database. */
  function shrink(): void {
    writer.exec('DELETE FROM t WHERE rowid > 10; VACUUM');
    writer.pragma('wal_checkpoint(PASSIVE)');
  }

  it('by what its log tells is good', async () => {
    const before = await sizeNow();
    shrink();
    await files.lookAgain();

    expect(await sizeNow()).toBeLessThan(before);
    expect(await files.areUntouched()).toBe(true);
  });

  it('by a log that was begun anew since is good', async () => {
    const before = await sizeNow();
    shrink();
    writer.exec('INSERT INTO t VALUES (1)');
    await files.lookAgain();

    expect(await sizeNow()).toBeLessThan(before);
  });

  it('by other hands is not, and stays so until it is given up', async () => {
    await truncate(path, (await sizeNow()) / 2);
    const first = files.lookAgain();
    await expect(first).rejects.toMatchObject(corrupt);
    await expect(files.lookAgain()).rejects.toMatchObject(corrupt);
    const before = await files.areUntouched();
    await files.disown();

    expect([before, await files.areUntouched()]).toEqual([false, true]);
  });

  it('in its log is not good either, unless that was to be emptied', async () => {
    await truncate(`${path}-wal`, 0);
    await files.lookAgain(true);
    writer.exec('INSERT INTO t VALUES (1)');
    await files.lookAgain();
    await truncate(`${path}-wal`, 100);

    await expect(files.lookDuringSync()).rejects.toMatchObject(corrupt);
  });
});
