import { chown, mkdir, open, readdir, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseError } from '../../errors/database-error.js';
import { placeFile, syncPath } from '../file/place-file.js';
import { removeDatabase } from '../file/write-new-file.js';
import type { SnapshotDatabase } from '../source/snapshot-database.js';
import { createTransferError } from '../transfer-errors.js';
import { isMarkedCopy, writeMarkedCopy } from './marked-copy.js';
import type { ResolvedPlacement } from './placement.js';

const header = Buffer.from('SQLite format 3\0');

/** Where a file says whether a log belongs to it, and what it says when none does. */
const logByte = 18;
const noLog = 1;

/** The folder in which a self-hosted sqld keeps its databases: each in `dbs/<namespace>/data`. */
export class DataFolder {
  /** Of the namespace. */
  readonly path: string;
  readonly #root: string;

  constructor({ dataFolder, namespace }: ResolvedPlacement) {
    this.#root = dataFolder;
    this.path = join(dataFolder, 'dbs', namespace);
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
      if (start.length > 0 && !start.subarray(0, header.length).equals(header))
        throw createFolderError(`the databases in ${this.#root} are encrypted: copy the rows`);
    }
  }

  /** Whether the namespace has a folder, whoever made it. */
  isTaken(): Promise<boolean> {
    return isThere(this.path);
  }

  /** Whether the folder holds what this transfer has put there, and no server has opened it. */
  async holdsOurs(id: string): Promise<boolean> {
    const names = await readdir(this.path);
    const data = join(this.path, 'data');
    if (names.length !== 1 || names[0] !== 'data') return false;
    const start = await readStart(data);
    // to read a file with a log would leave one beside it
    return (
      header.equals(start.subarray(0, header.length)) && start[logByte] === noLog && isMarkedCopy(data, id)
    );
  }

  /**
   * Puts a copy of the snapshot to its place, for good: the server sees all of it, or nothing. The folder is made anew; what anybody else
   * has made there, or puts there meanwhile, stays.
   * @throws DatabaseError `TRANSFER_CONFLICT`, `TRANSFER_DATA_FOLDER`
   */
  async put(snapshot: SnapshotDatabase, id: string): Promise<void> {
    const partial = this.#partial(id);
    let isMade = false;
    try {
      await writeMarkedCopy(snapshot, partial, id);
      await mkdir(this.path);
      isMade = true;
      await this.#passOwner([partial, this.path]);
      await placeFile(partial, join(this.path, 'data'), false);
    } catch (error) {
      // it goes if it is empty
      if (isMade) await rmdir(this.path).catch(() => undefined);
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' || code === 'TRANSFER_FILE_EXISTS')
        throw createTransferError(`somebody else has made ${this.path}`, 'TRANSFER_CONFLICT');
      throw error instanceof DatabaseError
        ? error
        : createFolderError(`the file cannot be put into ${this.#root} (${String(code)})`);
    } finally {
      await this.clear(id);
    }
    await this.settle();
  }

  /** What was put there stays through a loss of power. */
  async settle(): Promise<void> {
    await syncPath(this.path);
    await syncPath(join(this.#root, 'dbs'));
  }

  /** What a placement that was killed may have left. */
  async clear(id: string): Promise<void> {
    await removeDatabase(this.#partial(id));
  }

  #partial(id: string): string {
    return join(this.#root, `nestjs-turso-${id}.db`);
  }

  /** The server must be able to write to what somebody else may have put there. */
  async #passOwner(paths: readonly string[]): Promise<void> {
    const { uid, gid } = await stat(join(this.#root, 'dbs'));
    try {
      for (const path of paths) {
        const made = await stat(path);
        if (made.uid !== uid || made.gid !== gid) await chown(path, uid, gid);
      }
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
    const { bytesRead, buffer } = await file.read(Buffer.alloc(logByte + 1), 0, logByte + 1, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
