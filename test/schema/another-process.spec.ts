import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { setTimeout as sleep } from 'node:timers/promises';
import { readMigrationFiles } from '../../lib/schema/read-migration-files.js';
import { createTempDatabase } from '../support/temp-database.js';
import { MigrationFolder, openInstance, type Instance } from './schema-setup.js';

const journal =
  'CREATE TABLE _migrations (name TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL, applied_at TEXT NOT NULL)';

describe('a SQLite file that another process migrates at the same time', () => {
  let instance: Instance;
  let other: Database.Database;

  beforeEach(async () => {
    const { path, url } = await createTempDatabase();
    instance = await openInstance(url);
    other = new Database(path);
    other.exec(journal);
  });
  afterEach(async () => {
    other.close();
    await instance.close();
  });

  const applyBeside = async (folder: MigrationFolder, checksum: string): Promise<readonly string[]> => {
    other.exec('BEGIN IMMEDIATE; CREATE TABLE lists (id)');
    other
      .prepare('INSERT INTO _migrations VALUES (?, ?, ?)')
      .run('0001_lists.sql', checksum, new Date().toISOString());
    const applying = instance.apply(folder);
    applying.catch(() => undefined);
    await sleep(150);
    other.exec('COMMIT');
    return applying;
  };

  it('waits for its lock and finds the file applied', async () => {
    const folder = await MigrationFolder.create({ '0001_lists.sql': 'CREATE TABLE lists (id);' });
    const [file] = await readMigrationFiles(folder.directory);

    expect(await applyBeside(folder, String(file?.checksum))).toEqual([]);
  });

  it('refuses to go on when the other one applied another text under the same name', async () => {
    const folder = await MigrationFolder.create({ '0001_lists.sql': 'CREATE TABLE lists (id);' });

    await expect(applyBeside(folder, 'f'.repeat(64))).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
  });

  it('gives up with the reason when the lock stays taken', async () => {
    const folder = await MigrationFolder.create({ '0001_lists.sql': 'CREATE TABLE lists (id);' });
    other.exec('BEGIN IMMEDIATE');

    await expect(instance.apply(folder, { migrationTimeoutMs: 150 })).rejects.toMatchObject({
      kind: 'busy',
      message: expect.stringContaining('migration 0001_lists.sql: the database file stayed locked'),
    });
  });
});
