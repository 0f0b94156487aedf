import { remainingMs, type Deadline } from '../../async/deadline.js';
import { DatabaseError, type DatabaseErrorKind } from '../../errors/database-error.js';
import { runChild, type ChildFailure } from './run-child.js';
import { toSqliteError } from './sqlite-errors.js';

/** What is copied where. */
export interface CopyJob {
  readonly source: string;
  /** A file that does not exist. */
  readonly copy: string;
  /** Compares a digest of every table of both, within one snapshot. */
  readonly verify: boolean;
  readonly onProgress: (copiedPages: number, pages: number) => void;
}

/** A copy that SQLite found intact. */
export interface FileCopy {
  /** False where a table could not be checked: one of its indexes needs a function or a collation of the application. */
  readonly checked: boolean;
  /** Of a verified copy, every table with its digest. */
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly digest: string }[];
  /** Of a verified copy, the tables that were not compared: their key needs a collation of the application. */
  readonly unread: readonly string[];
}

interface Copied {
  readonly pages: number;
  readonly of: number;
}

/** The longest wait that SQLite takes, in milliseconds. */
const longestBusyTimeoutMs = 0x7fff_ffff;

/**
 * Writes a consistent copy of a live SQLite file, page by page out of one read transaction, and checks it. This process goes on
 * meanwhile. In WAL mode writers go on too; with a rollback journal they find the file locked until the copy is done.
 * @throws DatabaseError `BACKUP_NO_SPACE` before anything is written, `SQLITE_CORRUPT`, `BACKUP_DIFFERS`
 */
export function copyDatabaseFile(
  { source, copy, verify, onProgress }: CopyJob,
  deadline: Deadline,
): Promise<FileCopy> {
  const busyTimeoutMs = Math.min(Math.ceil(remainingMs(deadline)), longestBusyTimeoutMs);
  const work = {
    script: new URL('./copy-file.child.js', import.meta.url),
    job: { source, copy, verify, busyTimeoutMs },
    doing: 'while the database file was copied',
    toError,
    onNote: ({ pages, of }: Copied) => onProgress(pages, of),
  };
  return runChild<FileCopy, Copied>(work, deadline);
}

function toError({ code, message, detail }: ChildFailure): Error {
  if (code === 'NO_SPACE')
    return createError(`the disk is too full: ${detail}`, 'BACKUP_NO_SPACE', 'unavailable');
  if (code === 'COPY_DIFFERS') return createError(`${message}: ${detail}`, 'BACKUP_DIFFERS', 'corrupt');
  const cause = Object.assign(new Error(message), { code });
  const known = toSqliteError(cause);
  if (!(known instanceof DatabaseError))
    return createError('the copy failed', 'BACKUP_FAILED', 'internal', cause);
  // nothing but a new file was written, whatever such a code says of other writes
  return createError(message, known.code, known.kind, cause);
}

function createError(message: string, code: string, kind: DatabaseErrorKind, cause?: unknown): DatabaseError {
  return new DatabaseError(message, { code, kind, outcome: 'not-applied', cause });
}
