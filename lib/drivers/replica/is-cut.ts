import { open } from 'node:fs/promises';
import { isEmpty, type FilesLook } from './files-look.js';

/**
 * Whether somebody else has cut, removed or replaced a log that was seen before: libSQL writes it on from its end, or again from its
 * beginning, in which it does not get shorter.
 * @param mayBeEmpty it was to be emptied, which removes it when nobody else has it open
 */
export function isLogCut(before: FilesLook, after: FilesLook, mayBeEmpty = false): boolean {
  if (isEmpty(before.log) || (mayBeEmpty && isEmpty(after.log))) return false;
  return after.log?.inode !== before.log?.inode || (after.log?.size ?? 0) < (before.log?.size ?? 0);
}

/**
 * Whether somebody else has cut, removed or replaced the database. SQLite itself cuts it when it moves a log into it whose last
 * transaction has left fewer pages.
 */
export async function isDatabaseCut(path: string, before: FilesLook, after: FilesLook): Promise<boolean> {
  if (before.database === undefined) return false;
  if (after.database?.inode !== before.database.inode) return true;
  if (after.database.size >= before.database.size) return false;
  // what was moved may be gone from a log that was begun anew, or emptied
  if (after.log?.salts !== before.log?.salts || isEmpty(after.log)) return false;
  return !(await tellsOfSize(`${path}-wal`, after.database.size));
}

const headerBytes = 32;
const frameHeaderBytes = 24;

/** Whether a transaction in the log has left a database of that size, after it or one before it has made the database smaller: https://sqlite.org/fileformat2.html#the_write_ahead_log */
async function tellsOfSize(path: string, size: number): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  const numberAt = async (position: number): Promise<number | undefined> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, position);
    return bytesRead < 4 ? undefined : buffer.readUInt32BE();
  };
  try {
    const pageBytes = (await numberAt(8)) ?? 0;
    let last: number | undefined;
    let hasShrunk = false;
    for (let at = headerBytes; ; at += frameHeaderBytes + pageBytes) {
      const pages = await numberAt(at + 4);
      if (pages === undefined) return false;
      // only the last of the frames of a transaction tells
      if (pages === 0) continue;
      hasShrunk ||= last !== undefined && pages < last;
      if ((hasShrunk || last === undefined) && pages * pageBytes === size) return true;
      last = pages;
    }
  } finally {
    await file.close();
  }
}
