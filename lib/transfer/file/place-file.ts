import { chmod, chown, link, lstat, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DatabaseError } from '../../errors/database-error.js';
import { createTransferError } from '../transfer-errors.js';
import { holdForReplacement } from './hold-for-replacement.js';

/** What SQLite keeps beside a file, and would read as a part of it. */
export const companions = ['', '-journal', '-wal', '-shm'] as const;

/**
 * Moves a whole file to its name, and for good before it returns. Nobody has it open.
 * @throws DatabaseError `TRANSFER_FILE_EXISTS`, or `TRANSFER_FILE_IN_USE` when what is to be replaced is open
 */
export async function placeFile(partial: string, path: string, overwrite: boolean): Promise<void> {
  await syncPath(partial);
  const replaces = overwrite && (await isThere(path));
  await (replaces ? replaceDatabase(partial, path) : publish(partial, path));
  await syncPath(dirname(path));
}

/** @throws DatabaseError `TRANSFER_FILE_EXISTS` when a database, or what is left of one, stands there */
export async function assertNothingAt(path: string, overwrite = false): Promise<void> {
  if (overwrite && (await isThere(path))) return;
  for (const suffix of companions) {
    if (await isThere(path + suffix)) throw createExistsError(path + suffix);
  }
}

/** What was written stays through a loss of power, a name too. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // some file systems know no sync of a folder
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP'].includes(code)) throw error;
  } finally {
    await handle.close();
  }
}

async function publish(partial: string, path: string): Promise<void> {
  await assertNothingAt(path);
  try {
    // a rename would replace a file that came meanwhile
    await link(partial, path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw createExistsError(path);
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) throw error;
    await publishWithoutLinks(partial, path);
  }
}

/** For a file system that knows no links: the name is taken before the file moves there. */
async function publishWithoutLinks(partial: string, path: string): Promise<void> {
  const file = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? createExistsError(path) : error;
  });
  await file.close();
  await rename(partial, path);
}

/** The former database keeps everybody out until the new one has its name; its owner and permissions stay. */
async function replaceDatabase(partial: string, path: string): Promise<void> {
  const hold = await holdForReplacement(path);
  try {
    const { mode, uid, gid } = await stat(path);
    await chmod(partial, mode & 0o777);
    // only root may give files away
    await chown(partial, uid, gid).catch(() => undefined);
    await rename(partial, path);
  } catch (error) {
    hold.release();
    throw error;
  }
  hold.replaced();
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

function createExistsError(path: string): DatabaseError {
  return createTransferError(`${path} exists already: name another file`, 'TRANSFER_FILE_EXISTS');
}
