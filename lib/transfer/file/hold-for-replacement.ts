import { rm } from 'node:fs/promises';
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
 * @throws DatabaseError `TRANSFER_FILE_IN_USE`
 */
export async function holdForReplacement(path: string): Promise<Hold> {
  const BetterSqlite = await loadBetterSqlite3();
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
    if (isBusy(error)) throw createInUseError(path, error);
    const known = toSqliteError(error);
    if (!(known instanceof DatabaseError) || known.kind !== 'corrupt') throw known;
    // what is no database has no log that anybody could read
    for (const suffix of ['-journal', '-wal', '-shm']) await rm(path + suffix, { force: true });
    return { replaced: () => undefined, release: () => undefined };
  }
}

function createInUseError(path: string, cause: unknown): DatabaseError {
  return new DatabaseError(`${path} is in use: stop whoever has it open`, {
    code: 'TRANSFER_FILE_IN_USE',
    kind: 'busy',
    outcome: 'not-applied',
    cause,
  });
}
