import type { Deadline } from '../../async/deadline.js';
import { copyDatabaseFile, type FileCopy } from '../../drivers/sqlite/copy-database-file.js';
import { removeDatabase, writeNewFile } from './write-new-file.js';

/** A SQLite file and where its copy comes to stand. */
interface Places {
  readonly source: string;
  readonly path: string;
  readonly overwrite: boolean;
}

/** How a file is copied. */
interface CopyDetails {
  readonly verify: boolean;
  readonly onPages: (copied: number, of: number) => void;
}

/** Copies a SQLite file to another place, all or nothing. */
export function copyFileTo(
  places: Places,
  { verify, onPages }: CopyDetails,
  deadline: Deadline,
): Promise<FileCopy> {
  return writeNewFile({ ...places, resumes: false }, async (partial) => {
    await removeDatabase(partial);
    return copyDatabaseFile({ source: places.source, copy: partial, verify, onProgress: onPages }, deadline);
  });
}
