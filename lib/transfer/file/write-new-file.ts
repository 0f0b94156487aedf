import { randomUUID } from 'node:crypto';
import { chmod, readdir, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lockWorkFolder } from '../source/lock-work-folder.js';
import { createTransferError, TransferInterruptedError } from '../transfer-errors.js';
import { companions, placeFile } from './place-file.js';

/** A database file that is being made. */
export interface NewFile {
  /** Where it comes to stand. */
  readonly path: string;
  /** Replaces a database that stands there, unless somebody has it open. */
  readonly overwrite: boolean;
  /** The file that it is a copy of, where there is one: it passes its permissions on, and is never replaced. */
  readonly source: string | undefined;
  /** The next call finds what is left of an interrupted one; otherwise no two share a name. */
  readonly resumes: boolean;
}

/**
 * Fills a file in a locked folder beside its place and moves it there in one step: under its name nobody ever sees half a database.
 * Nothing else stays, except after an interruption that somebody can go on from. A file that a killed process left is `fill`'s to remove.
 * @throws DatabaseError `TRANSFER_FILE_EXISTS`, `TRANSFER_FILE_IN_USE`, `TRANSFER_BUSY` when somebody else makes the same file
 */
export async function writeNewFile<T>(
  file: NewFile,
  fill: (partial: string, folder: string) => Promise<T>,
): Promise<T> {
  const path = await realpath(file.path).catch(() => file.path);
  await assertNotSource(path, file.source);
  const folder = `${path}.transfer`;
  const lock = await lockWorkFolder(folder);
  // a child of a killed process may still work on its own copy
  const partial = join(folder, file.resumes ? 'new.db' : `copy-${randomUUID()}.db`);
  try {
    await removeCopies(folder);
    const result = await fill(partial, folder);
    await passPermissions(file.source, partial);
    await placeFile(partial, path, file.overwrite);
    await removeDatabase(partial);
    return result;
  } catch (error) {
    if (!(error instanceof TransferInterruptedError)) await removeDatabase(partial);
    throw error;
  } finally {
    await lock.release();
  }
}

async function removeCopies(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names.filter((left) => left.startsWith('copy-')))
    await rm(join(folder, name), { force: true });
}

async function assertNotSource(path: string, source: string | undefined): Promise<void> {
  const [there, from] = await Promise.all([
    identify(path),
    source === undefined ? undefined : identify(source),
  ]);
  if (there === undefined || there !== from) return;
  throw createTransferError(`${path} is the database itself: name another file`, 'TRANSFER_FILE_IN_USE');
}

async function identify(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found === undefined ? undefined : `${found.dev}-${found.ino}`;
}

/** A copy must not be readable by more people than what it was made of. */
async function passPermissions(source: string | undefined, partial: string): Promise<void> {
  const found = source === undefined ? undefined : await stat(source).catch(() => undefined);
  if (found !== undefined) await chmod(partial, found.mode & 0o777);
}

export async function removeDatabase(path: string): Promise<void> {
  for (const suffix of companions) await rm(path + suffix, { force: true });
}
