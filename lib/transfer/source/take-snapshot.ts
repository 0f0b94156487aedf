import { open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseError } from '../../errors/database-error.js';
import { toSqliteError } from '../../drivers/sqlite/sqlite-errors.js';
import { createTransferError } from '../transfer-errors.js';
import { openSnapshotDatabase, type SnapshotDatabase } from './snapshot-database.js';

/** As many pages as SQLite's counter holds: the copy is one step, which no writer can interrupt. */
export const allPages = 0x7fff_ffff;

/**
 * Writes a consistent copy of a live database to a new file: VACUUM INTO, or a copy of its pages where VACUUM would need a function
 * or a collation that only the application has. Rowids are kept by both. In WAL mode writers go on meanwhile; with a rollback journal
 * they find the file locked.
 * @param pageSize in bytes; `undefined` keeps the source's
 * @returns what `identifySnapshot` says of it
 * @throws DatabaseError `TRANSFER_NO_SPACE` before anything is written
 */
export async function takeSnapshot(source: string, path: string, pageSize?: number): Promise<string> {
  const database = await openSnapshotDatabase(source);
  const partial = `${path}.partial`;
  try {
    await assertSpace(database, dirname(path));
    await rm(partial, { force: true });
    if (pageSize !== undefined) database.db.pragma(`page_size = ${pageSize}`);
    await copyInto(database, partial);
  } finally {
    database.close();
  }
  // nobody has the copy open yet, so it may be touched as a file
  const file = await open(partial, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
  return (await identifySnapshot(path)) as string;
}

/** Tells a snapshot from another one, and from itself after a change. @returns undefined where there is no file */
export async function identifySnapshot(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found === undefined ? undefined : `${found.ino}-${found.size}-${found.mtimeNs}`;
}

async function copyInto(database: SnapshotDatabase, path: string): Promise<void> {
  try {
    database.db.prepare('VACUUM INTO ?').run(path);
  } catch (error) {
    const failure = toSqliteError(error);
    if (!(failure instanceof DatabaseError) || failure.kind !== 'syntax') throw failure;
    await rm(path, { force: true });
    await database.db.backup(path, { progress: () => allPages }).catch((cause: unknown) => {
      throw toSqliteError(cause);
    });
  }
}

/** @throws DatabaseError `TRANSFER_SOURCE_MISSING` */
export async function assertFile(source: string): Promise<void> {
  const found = await stat(source).catch(() => undefined);
  if (found?.isFile()) return;
  throw createTransferError(`there is no file ${source}`, 'TRANSFER_SOURCE_MISSING');
}

async function assertSpace(database: SnapshotDatabase, folder: string): Promise<void> {
  const [row] = database.all<[pages: bigint, size: bigint]>(
    'SELECT page_count, page_size FROM pragma_page_count, pragma_page_size',
  );
  const needed = (row?.[0] ?? 0n) * (row?.[1] ?? 0n);
  const { bavail, bsize } = await statfs(folder, { bigint: true });
  if (bavail * bsize >= needed) return;
  const [want, free] = [needed, bavail * bsize].map((bytes) => `${bytes / 1_048_576n} MiB`);
  throw createTransferError(
    `the snapshot needs ${want} in ${folder}, where ${free} are free: name another folder`,
    'TRANSFER_NO_SPACE',
  );
}
