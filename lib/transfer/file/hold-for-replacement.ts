import type BetterSqlite3 from 'better-sqlite3';
import { lstat } from 'node:fs/promises';
import { loadBetterSqlite3 } from '../../drivers/sqlite/load-better-sqlite3.js';
import { isBusy, toSqliteError } from '../../drivers/sqlite/sqlite-errors.js';
import { DatabaseError } from '../../errors/database-error.js';

/** A database that nobody else can open for long. */
export interface Hold {
  /** Another file has its name now. */
  replaced(): void;
  /** It stays, and is as it was. */
  release(): void;
}

/**
 * Locks a database that is about to be replaced, with everything moved out of its log: a log that stayed would be read as the new
 * database's. Whoever has a database in WAL mode open holds a lock; with a rollback journal only somebody in a transaction does.
 * A file that is no database cannot be locked: what stands beside it stays, and keeps it from being replaced.
 * @throws DatabaseError `TRANSFER_FILE_IN_USE`
 */
export async function holdForReplacement(path: string): Promise<Hold> {
  const BetterSqlite = await loadBetterSqlite3();
  const isRuin = (await hasCompanion(path)) && isCorruptFile(BetterSqlite, path);
  if (isRuin) return holdRuin(path);
  const db = new BetterSqlite(path, { timeout: 0, fileMustExist: true });
  try {
    const usedLog = db.pragma('journal_mode', { simple: true }) === 'wal';
    db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('journal_mode = DELETE');
    db.exec('BEGIN EXCLUSIVE');
    return {
      replaced: () => db.close(),
      release() {
        db.exec('ROLLBACK');
        db.pragma('locking_mode = NORMAL');
        if (usedLog) db.pragma('journal_mode = WAL');
        db.close();
      },
    };
  } catch (error) {
    db.close();
    if (isBusy(error)) throw createInUseError(`${path} is in use: stop whoever has it open`, error);
    if (isCorrupt(error)) return holdRuin(path, error);
    throw toSqliteError(error);
  }
}

/** Reads without a right to write: at the end of one who may write, SQLite removes a log in which it finds nothing. */
function isCorruptFile(BetterSqlite: typeof BetterSqlite3, path: string): boolean {
  const db = new BetterSqlite(path, { timeout: 0, readonly: true, fileMustExist: true });
  try {
    db.prepare('SELECT 1 FROM sqlite_schema').get();
    return false;
  } catch (error) {
    // everything else is told when the file is locked
    return isCorrupt(error);
  } finally {
    db.close();
  }
}

/** @throws DatabaseError `TRANSFER_FILE_IN_USE`: a log may be somebody's, or hold what the file has lost */
async function holdRuin(path: string, cause?: unknown): Promise<Hold> {
  if (!(await hasCompanion(path))) return { replaced: () => undefined, release: () => undefined };
  const message = `${path} cannot be read, and may be in use: if nobody has it open, move its -wal, -shm and -journal aside`;
  throw createInUseError(message, cause);
}

async function hasCompanion(path: string): Promise<boolean> {
  for (const suffix of ['-wal', '-shm', '-journal']) {
    if ((await lstat(path + suffix).catch(() => undefined)) !== undefined) return true;
  }
  return false;
}

function isCorrupt(error: unknown): boolean {
  const known = toSqliteError(error);
  return known instanceof DatabaseError && known.kind === 'corrupt';
}

function createInUseError(message: string, cause: unknown): DatabaseError {
  return new DatabaseError(message, {
    code: 'TRANSFER_FILE_IN_USE',
    kind: 'busy',
    outcome: 'not-applied',
    cause,
  });
}
