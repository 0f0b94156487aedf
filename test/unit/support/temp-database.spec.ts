import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { createTempDatabase } from '../../support/temp-database.js';
import { createRunFolder, createTempFolder, removeRunFolder } from '../../support/temp-folder.js';

describe('createTempDatabase', () => {
  it('names a file that a database can be created in', async () => {
    const { path, folder, url } = await createTempDatabase();
    expect(existsSync(path)).toBe(false);
    new Database(path).exec('CREATE TABLE task (title TEXT)').close();
    expect(existsSync(path)).toBe(true);
    expect(url).toBe(`file://${folder}/test.db`);
  });

  it('gives each caller a folder of its own', async () => {
    const [one, other] = await Promise.all([createTempDatabase(), createTempDatabase()]);
    expect(one.folder).not.toBe(other.folder);
  });
});

describe('removeRunFolder', () => {
  it('removes what was created during the run', async () => {
    const { NESTJS_TURSO_TEST_FOLDER: ofThisRun } = process.env;
    try {
      await createRunFolder();
      const folder = await createTempFolder();
      await removeRunFolder();
      expect(existsSync(folder)).toBe(false);
    } finally {
      process.env['NESTJS_TURSO_TEST_FOLDER'] = ofThisRun;
    }
  });
});
