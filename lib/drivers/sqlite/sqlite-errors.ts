import { DatabaseError, type DatabaseErrorKind } from '../../errors/database-error.js';
import { IntegerRangeError } from '../../errors/integer-range-error.js';
import { createArgsError, createStatementRefusedError } from '../../errors/usage-errors.js';

/** Kinds of SQLite's primary codes; what is not listed is `internal`. https://sqlite.org/rescode.html */
const kindOfCode: Readonly<Record<string, DatabaseErrorKind>> = {
  SQLITE_ERROR: 'syntax',
  SQLITE_MISMATCH: 'syntax',
  SQLITE_RANGE: 'syntax',
  SQLITE_AUTH: 'syntax',
  SQLITE_CONSTRAINT: 'constraint',
  SQLITE_BUSY: 'busy',
  SQLITE_LOCKED: 'busy',
  SQLITE_READONLY: 'read-only',
  SQLITE_TOOBIG: 'too-large',
  SQLITE_CORRUPT: 'corrupt',
  SQLITE_NOTADB: 'corrupt',
  SQLITE_CANTOPEN: 'unavailable',
  SQLITE_FULL: 'unavailable',
  SQLITE_IOERR: 'unavailable',
  SQLITE_PERM: 'unavailable',
};

/**
 * Turns what better-sqlite3 throws into a `DatabaseError`. It goes by `code` and by the text of better-sqlite3's own checks, never
 * by `instanceof`: that is false when a test runner loads native modules into another realm.
 */
export function toSqliteError(error: unknown): unknown {
  if (error instanceof DatabaseError || error instanceof IntegerRangeError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof message !== 'string') return error;
  if (typeof code === 'string' && code.startsWith('SQLITE_')) return fromSqliteCode(code, message, error);
  if (message.includes('contains more than one statement')) {
    return createStatementRefusedError('SQL string contains more than one statement', 'SQL_MANY_STATEMENTS');
  }
  if (message.includes('contains no statements')) {
    return createStatementRefusedError('SQL string does not contain any statement', 'SQL_NO_STATEMENT');
  }
  if (argumentMessage.test(message)) return createArgsError(message, error);
  return new DatabaseError(message, {
    code: 'SQLITE_MISUSE',
    kind: 'internal',
    outcome: 'not-applied',
    cause: error,
  });
}

/** True for a lock that another connection or process holds: waiting helps. A stale snapshot is not among them. */
export function isBusy(error: unknown): boolean {
  const { code, extendedCode = code } = error as { code?: unknown; extendedCode?: unknown };
  return (
    typeof extendedCode === 'string' &&
    /^SQLITE_(BUSY|LOCKED)/.test(extendedCode) &&
    extendedCode !== 'SQLITE_BUSY_SNAPSHOT'
  );
}

/** Wording of better-sqlite3's binder (`src/util/binder.cpp`). */
const argumentMessage =
  /^(Too (few|many) parameter|Missing named parameter|SQLite3 can only bind|The bound|Named parameters)/;

function fromSqliteCode(extendedCode: string, message: string, cause: unknown): DatabaseError {
  const code = extendedCode.split('_').slice(0, 2).join('_');
  const kind = kindOfCode[code] ?? 'internal';
  // an I/O error may come from the very end of a commit, when the rows are already in the file
  const outcome = code === 'SQLITE_IOERR' ? 'unknown' : 'not-applied';
  return new DatabaseError(explain(extendedCode, message), { code, extendedCode, kind, outcome, cause });
}

function explain(extendedCode: string, message: string): string {
  if (extendedCode === 'SQLITE_BUSY_SNAPSHOT') {
    return `${message}: the transaction began with a read and another writer was faster; run it again, or begin it with mode "write"`;
  }
  return message;
}

/** True when a transaction read an old snapshot and can never write: only running it again helps. */
export function isStaleSnapshot(error: unknown): boolean {
  return (error as { extendedCode?: unknown }).extendedCode === 'SQLITE_BUSY_SNAPSHOT';
}
