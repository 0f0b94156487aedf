import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createConnection } from '../../database/create-connection.js';
import type { DatabaseConnection } from '../../database/database-connection.js';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readColumn } from './facts.js';

/** What a backup is, whatever it is made of: a SQLite file. */
export function describeBackup(setup: ContractSetup<DatabaseConnection>, words: ContractWords): void {
  const { describe, expect, it, beforeEach, afterEach } = words;

  describe('backup', () => {
    const room = openEach(words, setup);
    let folder = '';
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'nestjs-turso-backup-'));
      await room.db.execute('CREATE TABLE books (name TEXT)');
      await room.db.execute("INSERT INTO books VALUES ('a')");
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it('writes a database with every committed row', async () => {
      await room.db.backup(join(folder, 'copy.db'));

      const copy = createConnection({ url: pathToFileURL(join(folder, 'copy.db')).href });
      const names = await readColumn(copy, 'SELECT name FROM books');
      await copy.close();
      expect(names).toEqual(['a']);
    });

    it('leaves nothing beside the file', async () => {
      await room.db.backup(join(folder, 'copy.db'));

      expect(await readdir(folder)).toEqual(['copy.db']);
    });

    it('overwrites nothing that it was not told to', async () => {
      await room.db.backup(join(folder, 'copy.db'));
      const failure = await failureOf(room.db.backup(join(folder, 'copy.db')));
      await room.db.backup(join(folder, 'copy.db'), { overwrite: true });

      expect(failure).toMatchObject({ code: 'TRANSFER_FILE_EXISTS', outcome: 'not-applied' });
    });

    it('is refused inside of a transaction', async () => {
      const failure = await failureOf(room.db.withTransaction(() => room.db.backup(join(folder, 'copy.db'))));

      expect(failure).toMatchObject({ code: 'BACKUP_IN_TRANSACTION', outcome: 'not-applied' });
    });
  });
}
