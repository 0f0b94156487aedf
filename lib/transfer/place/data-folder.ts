import { chown, copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseError } from '../../errors/database-error.js';
import { createTransferError } from '../transfer-errors.js';
import type { ResolvedPlacement } from './placement.js';

const header = Buffer.from('SQLite format 3\0');

/** The folder in which a self-hosted sqld keeps its databases: each in `dbs/<namespace>/data`. */
export class DataFolder {
  readonly #root: string;
  readonly #place: string;

  constructor({ dataFolder, namespace }: ResolvedPlacement) {
    this.#root = dataFolder;
    this.#place = join(dataFolder, 'dbs', namespace);
  }

  /** @throws DatabaseError `TRANSFER_DATA_FOLDER` when it is none, or its databases are encrypted */
  async assertUsable(): Promise<void> {
    if (!(await isThere(join(this.#root, 'metastore'))))
      throw createFolderError(`${this.#root} is no data folder of a server with --enable-namespaces`);
    // it comes with the first database
    const names = await readdir(join(this.#root, 'dbs')).catch(() => []);
    const files = ['metastore', ...names.map((name) => join('dbs', name))];
    for (const file of files) {
      const start = await readStart(join(this.#root, file, 'data'));
      if (start.length > 0 && !start.equals(header))
        throw createFolderError(`the databases in ${this.#root} are encrypted: copy the rows`);
    }
  }

  /** Whether the namespace has a folder, whoever made it. */
  isTaken(): Promise<boolean> {
    return isThere(this.#place);
  }

  /** Whether the folder holds a file alone, as it was put there: no server has opened it. */
  async holdsFileOnly(): Promise<boolean> {
    const names = await readdir(this.#place).catch(() => []);
    return names.length === 1 && names[0] === 'data';
  }

  /** Puts a file to its place in one step, for good: the server sees all of it, or nothing. */
  async put(file: string, id: string): Promise<void> {
    const partial = this.#partial(id);
    try {
      await mkdir(partial);
      await copyFile(file, join(partial, 'data'));
      await this.#passOwner(partial);
      await sync(join(partial, 'data'));
      await sync(partial);
      await rename(partial, this.#place);
    } catch (error) {
      await this.clear(id);
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOTEMPTY' || code === 'EEXIST')
        throw createTransferError(`somebody else has made ${this.#place}`, 'TRANSFER_CONFLICT');
      throw error instanceof DatabaseError
        ? error
        : createFolderError(`the file cannot be put into ${this.#root} (${String(code)})`);
    }
    await sync(join(this.#root, 'dbs'));
  }

  /** What a placement that was killed may have left. */
  async clear(id: string): Promise<void> {
    await rm(this.#partial(id), { recursive: true, force: true });
  }

  #partial(id: string): string {
    return join(this.#root, `nestjs-turso-${id}`);
  }

  /** The server must be able to write to what somebody else may have put there. */
  async #passOwner(partial: string): Promise<void> {
    const { uid, gid } = await stat(join(this.#root, 'dbs'));
    const made = await stat(partial);
    if (made.uid === uid && made.gid === gid) return;
    try {
      for (const path of [join(partial, 'data'), partial]) await chown(path, uid, gid);
    } catch {
      throw createFolderError(`${this.#root} belongs to another user: run it as that user`);
    }
  }
}

export function createFolderError(message: string): Error {
  return createTransferError(message, 'TRANSFER_DATA_FOLDER');
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Of a file of another process, which SQLite's locks in this one have nothing to do with. */
async function readStart(path: string): Promise<Buffer> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw createFolderError(
      `a database of the server cannot be read (${String(error.code)}): run it as its user`,
    );
  });
  if (file === undefined) return Buffer.alloc(0);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(header.length), 0, header.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function sync(path: string): Promise<void> {
  const opened = await open(path, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
