import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readMigrationFiles } from '../../lib/schema/read-migration-files.js';
import { MigrationFolder } from './schema-setup.js';

describe('reading a folder of migrations', () => {
  it('takes the .sql files directly in it, sorted, and leaves the rest', async () => {
    const folder = await MigrationFolder.create({
      '0002_b.sql': 'SELECT 2;',
      '0001_a.SQL': 'SELECT 1;',
      '._0001_a.sql': 'left by a Mac',
      'README.md': 'SELECT 0;',
      '0003_c.sql.bak': 'SELECT 3;',
    });
    await folder.createFolder('0004_d.sql');

    expect(await readMigrationFiles(folder.directory)).toEqual([
      expect.objectContaining({ name: '0001_a.SQL', text: 'SELECT 1;' }),
      expect.objectContaining({ name: '0002_b.sql', text: 'SELECT 2;' }),
    ]);
  });

  it('is content with an empty folder', async () => {
    const { directory } = await MigrationFolder.create();

    expect(await readMigrationFiles(directory)).toEqual([]);
  });

  it('names option and variable when the folder does not exist', async () => {
    const { directory } = await MigrationFolder.create();
    const missing = join(directory, 'none');

    await expect(readMigrationFiles(missing)).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringMatching(
        /none does not exist\. Set the option "migrations\.directory" \(DATABASE_MIGRATIONS_DIRECTORY\)/,
      ),
    });
  });

  it('says why a folder or a file cannot be read', async () => {
    const folder = await MigrationFolder.create({ '0001_a.sql': 'SELECT 1;' });
    await expect(readMigrationFiles(join(folder.directory, '0001_a.sql'))).rejects.toThrow('(ENOTDIR)');

    await folder.createFolder('folder');
    await folder.link('folder', '0002_b.sql');
    await expect(readMigrationFiles(folder.directory)).rejects.toThrow('0002_b.sql cannot be read (EISDIR)');
  });

  it('follows links, which a mounted ConfigMap consists of', async () => {
    const folder = await MigrationFolder.create({ data: 'SELECT 1;' });
    await folder.link('data', '0001_a.sql');

    expect(await readMigrationFiles(folder.directory)).toHaveLength(1);
  });
});
