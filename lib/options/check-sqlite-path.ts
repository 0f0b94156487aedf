import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigurationError } from '../errors/configuration-error.js';
import type { ResolvedSqliteTarget } from './resolved-options.js';
import { isWindowsPath } from './url-parts.js';

/**
 * Makes sure that a SQLite database can stand at its path, and creates its folder when that is missing. The database file itself
 * is looked at with `stat` and `access` only: opening it by hand would drop the locks that SQLite holds on it.
 *
 * @throws {ConfigurationError} `SQLITE_CANTOPEN` naming the variable or option: the path is a folder or no file, may not be read,
 * or its folder cannot be created or written
 */
export async function prepareSqlitePath({
  path,
  source,
}: Pick<ResolvedSqliteTarget, 'path' | 'source'>): Promise<void> {
  if (path === ':memory:') return;
  await assertUsableSqlitePath(path, source);
  await createFolder(dirname(path)).catch((error: unknown) => {
    throw createPathError(
      source,
      `needs the folder ${dirname(path)}, which cannot be created (${codeOf(error)})`,
      error,
    );
  });
}

/** Level by level: `recursive` never comes back from a folder that refuses silently, such as `/proc` (seen with Node 20). */
async function createFolder(folder: string): Promise<void> {
  if ((await look(folder)) === 'folder') return;
  await createFolder(dirname(folder));
  await mkdir(folder).catch((error: unknown) => {
    // somebody else was faster
    if (codeOf(error) !== 'EEXIST') throw error;
  });
}

/**
 * The checks of `prepareSqlitePath` alone; creates nothing.
 *
 * @throws {ConfigurationError} `SQLITE_CANTOPEN`
 */
export async function assertUsableSqlitePath(path: string, source: string): Promise<void> {
  if (isWindowsPath(path) && process.platform !== 'win32') {
    throw createPathError(
      source,
      `is a path of Windows, and this is ${process.platform}: write sqlite:./app.db for one that works on both`,
    );
  }
  switch (await look(path)) {
    case 'folder':
      throw createPathError(source, `names a folder, not a file: ${path}`);
    case 'other':
      throw createPathError(source, `names something that is no file: ${path}`);
    case 'file':
      if (await isAllowed(path, constants.R_OK)) return;
      throw createPathError(source, `names a file that may not be read: ${path}`);
    case 'nothing':
      await assertWritableFolder(await findExistingParent(path), path, source);
  }
}

async function assertWritableFolder(folder: string, path: string, source: string): Promise<void> {
  if ((await look(folder)) !== 'folder')
    throw createPathError(source, `leads through ${folder}, which is not a folder`);
  if (await isAllowed(folder, constants.W_OK | constants.X_OK)) return;
  // SQLAlchemy writes relative paths with three slashes, which are absolute everywhere else.
  const hint = folder === '/' ? `. The path is absolute: for a relative one write sqlite:.${path}` : '';
  throw createPathError(source, `names a new file below ${folder}, which may not be written: ${path}${hint}`);
}

async function findExistingParent(path: string): Promise<string> {
  const folder = dirname(path);
  if (folder === path || (await look(folder)) !== 'nothing') return folder;
  return findExistingParent(folder);
}

async function look(path: string): Promise<'file' | 'folder' | 'other' | 'nothing'> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return 'folder';
    return stats.isFile() ? 'file' : 'other';
  } catch {
    return 'nothing';
  }
}

async function isAllowed(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false;
  }
}

function createPathError(source: string, problem: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(`${source.replace(/^the /, 'The ')} ${problem}`, 'SQLITE_CANTOPEN', cause);
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : 'unknown reason';
}
