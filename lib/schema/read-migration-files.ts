import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../errors/configuration-error.js';
import { decodeMigration } from './decode-migration.js';
import { assertDistinct, sortNames } from './file-names.js';
import type { MigrationFile } from './migration-file.js';

/**
 * Reads the `.sql` files that stand directly in a folder, in the order of their names. Everything else in it, hidden files
 * included, is left alone.
 * @throws ConfigurationError when the folder cannot be read, or a file in it is no SQL text
 */
export async function readMigrationFiles(directory: string): Promise<MigrationFile[]> {
  const names = sortNames(await listNames(directory));
  assertDistinct(names);
  const files: MigrationFile[] = [];
  for (const name of names) files.push(decodeMigration(name, await readBytes(directory, name)));
  return files;
}

async function listNames(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    // links count: a mounted ConfigMap consists of them
    return entries
      .filter((entry) => !entry.isDirectory() && isMigrationName(entry.name))
      .map(({ name }) => name);
  } catch (error) {
    throw createUnreadableError(directory, error);
  }
}

function isMigrationName(name: string): boolean {
  return !name.startsWith('.') && name.toLowerCase().endsWith('.sql');
}

async function readBytes(directory: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(directory, name));
  } catch (error) {
    throw createUnreadableError(join(directory, name), error);
  }
}

function createUnreadableError(path: string, cause: unknown): ConfigurationError {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException;
  const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
  const message = `the migrations folder: ${path} ${reason}. Set the option "migrations.directory" (DATABASE_MIGRATIONS_DIRECTORY)`;
  return new ConfigurationError(message, undefined, cause);
}
