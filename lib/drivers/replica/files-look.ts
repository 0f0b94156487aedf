import { open, readFile, stat } from 'node:fs/promises';

/** How the files of a replica looked at one moment. */
export interface FilesLook {
  readonly database: FileLook | undefined;
  readonly log: LogLook | undefined;
  /** Names the log of the primary: libSQL writes it down before it applies the first frame of another one. */
  readonly historyId: string | undefined;
}

interface FileLook {
  readonly inode: string;
  readonly size: number;
  readonly writtenAt: string;
}

interface LogLook extends FileLook {
  /** Others as soon as SQLite writes the log from its beginning on again, in which it does not get longer. */
  readonly salts: string;
}

/**
 * The database itself is looked at with `stat` only: whoever opens it by hand drops the locks that SQLite holds on it. Nothing locks
 * the log or the metadata, so these are read.
 */
export async function lookAtFiles(path: string): Promise<FilesLook> {
  const [database, log, salts, historyId] = await Promise.all([
    look(path),
    look(`${path}-wal`),
    readSalts(`${path}-wal`),
    readHistoryId(path),
  ]);
  return { database, log: log && { ...log, salts }, historyId };
}

/** An empty log holds nothing that could be missed. */
export function isEmpty(log: FilesLook['log']): boolean {
  return log === undefined || log.size === 0;
}

export async function readHistoryId(path: string): Promise<string | undefined> {
  const bytes = await readFile(`${path}-client_wal_index`).catch(() => undefined);
  return bytes === undefined || bytes.length < 16 ? undefined : bytes.subarray(0, 16).toString('hex');
}

async function look(path: string): Promise<FileLook | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined) return undefined;
  const { dev, ino, size, mtimeNs } = found;
  return { inode: `${dev}:${ino}`, size: Number(size), writtenAt: String(mtimeNs) };
}

/** Bytes 16 to 23 of a log: https://sqlite.org/fileformat2.html#the_write_ahead_log */
async function readSalts(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 16);
    return buffer.subarray(0, bytesRead).toString('hex');
  } finally {
    await file.close();
  }
}
