import type { Database } from 'better-sqlite3';
import { chmod, lstat, mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadBetterSqlite3 } from '../../drivers/sqlite/load-better-sqlite3.js';
import { toSqliteError } from '../../drivers/sqlite/sqlite-errors.js';
import { createTransferError } from '../transfer-errors.js';

/** Its presence says that the folder was made by a transfer. */
const lockName = 'lock.db';

/** A folder that belongs to this transfer alone. */
export interface WorkFolderLock {
  /** Removes the folder too when nothing is left in it. */
  release(): Promise<void>;
}

/**
 * Makes the folder, which only its owner can read, or takes over one that an earlier transfer made. Locked is a file in it, by SQLite:
 * the system frees such a lock with the process, however that ends.
 * @throws DatabaseError `TRANSFER_BUSY`, and `TRANSFER_FOLDER_FOREIGN` for a folder that no transfer made
 */
export async function lockWorkFolder(folder: string): Promise<WorkFolderLock> {
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await assertOurs(folder);
  await chmod(folder, 0o700);
  const db = await lock(folder);
  return {
    async release() {
      db.close();
      const left = await readdir(folder).catch(ignoreOther);
      if (left?.some((name) => name !== lockName)) return;
      await rm(join(folder, lockName), { force: true });
      await rmdir(folder).catch(ignoreOther);
    },
  };
}

async function assertOurs(folder: string): Promise<void> {
  const isFolder = (await lstat(folder)).isDirectory();
  const names = isFolder ? await readdir(folder) : [];
  if (isFolder && (names.length === 0 || names.includes(lockName))) return;
  throw createTransferError(
    `${folder} holds something else: remove it, or name another work folder`,
    'TRANSFER_FOLDER_FOREIGN',
  );
}

async function lock(folder: string): Promise<Database> {
  const BetterSqlite = await loadBetterSqlite3();
  const db = new BetterSqlite(join(folder, lockName), { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw toSqliteError(error);
    throw createTransferError(`another transfer works in ${folder}: wait for its end`, 'TRANSFER_BUSY');
  }
}

/** Somebody removed the folder, or another transfer has come already. */
function ignoreOther(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
}
