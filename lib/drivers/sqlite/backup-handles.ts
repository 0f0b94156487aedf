import { writeFile } from 'node:fs/promises';
import { throwIfOver, type Deadline } from '../../async/deadline.js';
import { copyDatabaseFile } from './copy-database-file.js';
import type { FileGuard } from './file-guard.js';
import type { SqliteHandle } from './sqlite-handle.js';
import { whileBusy } from './while-busy.js';

/** What a copy is made from; a database in memory has no guard. */
interface BackupSource {
  readonly writer: SqliteHandle;
  readonly guard: FileGuard | undefined;
}

/** Runs work with the write gate held. */
type AsWriter = <T>(deadline: Deadline, work: () => Promise<T>) => Promise<T>;

/**
 * Writes a copy to a new file: the bytes of a database in memory are taken at once, a file is copied by a process of its own.
 * @returns the tables that `verify` could not compare
 */
export async function backupHandles(
  { writer, guard }: BackupSource,
  asWriter: AsWriter,
  file: string,
  verify: boolean,
  deadline: Deadline,
): Promise<readonly string[]> {
  throwIfOver(deadline, 'before the backup began');
  if (guard === undefined) {
    const bytes = await asWriter(deadline, () => whileBusy(() => writer.db.serialize(), deadline));
    await writeFile(file, bytes, { flag: 'wx', mode: 0o600 });
    return [];
  }
  guard.assertInPlace('not-applied');
  const job = { source: guard.path, copy: file, verify, onProgress: () => undefined };
  const { unread } = await copyDatabaseFile(job, deadline);
  guard.assertInPlace('not-applied');
  return unread;
}
