import { DatabaseError, type DatabaseErrorKind } from '../../errors/database-error.js';
import { createArgsError, createStatementRefusedError } from '../../errors/usage-errors.js';
import type { HranaError } from './hrana-protocol.js';
import type { Redact } from './request-errors.js';

/** Codes of the server whose kind is not told by SQLite's name. */
const kindOfCode: Readonly<Record<string, DatabaseErrorKind>> = {
  SQLITE_CONSTRAINT: 'constraint',
  SQLITE_BUSY: 'busy',
  SQLITE_LOCKED: 'busy',
  SQLITE_READONLY: 'read-only',
  SQLITE_TOOBIG: 'too-large',
  RESPONSE_TOO_LARGE: 'too-large',
  SQLITE_CORRUPT: 'corrupt',
  SQLITE_NOTADB: 'corrupt',
  SQLITE_FULL: 'unavailable',
  SQLITE_IOERR: 'unavailable',
  TRANSACTION_TIMEOUT: 'busy',
  TRANSACTION_BUSY: 'busy',
  STREAM_EXPIRED: 'busy',
  SQLITE_AUTH: 'syntax',
  BLOCKED: 'unavailable',
  AUTH_JWT_INVALID: 'auth',
  AUTH_JWT_EXPIRED: 'auth',
};

/** What SQLite itself calls SQLITE_ERROR, under the server's names for it. */
const codesOfSqliteError: ReadonlySet<string> = new Set([
  'SQLITE_ERROR',
  'SQLITE_UNKNOWN',
  'SQL_INPUT_ERROR',
  'SQL_PARSE_ERROR',
]);

/** A statement that the server refused. The server names its reason, so the statement was mostly not applied. */
export function toStatementError(error: HranaError, redact: Redact): DatabaseError {
  const message = redact(error.message).replace(/^SQLite error: /, '');
  const code = error.code ?? 'SQLITE_UNKNOWN';
  if (code === 'SQL_MANY_STATEMENTS' || code === 'SQL_NO_STATEMENT')
    return createStatementRefusedError(message, code);
  if (code === 'ARGS_INVALID' && /too big/i.test(message))
    return createError('SQLITE_TOOBIG', 'too-large', message);
  if (code === 'ARGS_INVALID' || code === 'ARGS_BOTH_POSITIONAL_AND_NAMED') return createArgsError(message);
  // the server knows no name for SQLITE_ERROR and has a parser of its own in front; the caller sees one code for one mistake
  if (codesOfSqliteError.has(code)) return fromText(message);
  if (code === 'SQL_STRING_TOO_BIG' || code === 'SQLITE_TOOBIG')
    return createError('SQLITE_TOOBIG', 'too-large', message);
  return createError(code, kindOfCode[code] ?? 'internal', message, readExtendedCode(code, message));
}

function fromText(message: string): DatabaseError {
  // the server's message goes on with the whole statement, values and all
  if (unsupportedPattern.test(message)) {
    return createStatementRefusedError(
      'a libSQL server does not support this statement (backend turso); the table of SQL for one backend in docs/semantics.md names what to do instead',
      'STATEMENT_NOT_SUPPORTED',
    );
  }
  if (/readonly|read-only/i.test(message)) return createError('SQLITE_READONLY', 'read-only', message);
  return createError('SQLITE_ERROR', 'syntax', message, 'SQLITE_ERROR');
}

const unsupportedPattern = /unsupported statement/i;

/** The protocol carries no extended code, but SQLite's text for a constraint is fixed (`sqlite3.c`, sqlite3HaltConstraint). */
function readExtendedCode(code: string, message: string): string | undefined {
  if (code !== 'SQLITE_CONSTRAINT') return code;
  const found = constraintTexts.find(([pattern]) => pattern.test(message));
  return found?.[1] ?? 'SQLITE_CONSTRAINT';
}

const constraintTexts: readonly (readonly [RegExp, string])[] = [
  [/^UNIQUE constraint failed: .*\.rowid$/, 'SQLITE_CONSTRAINT_ROWID'],
  [/^UNIQUE constraint failed/, 'SQLITE_CONSTRAINT_UNIQUE'],
  [/^NOT NULL constraint failed/, 'SQLITE_CONSTRAINT_NOTNULL'],
  [/^CHECK constraint failed/, 'SQLITE_CONSTRAINT_CHECK'],
  [/^FOREIGN KEY constraint failed/, 'SQLITE_CONSTRAINT_FOREIGNKEY'],
  [/^cannot store \w+ value in \w+ column/, 'SQLITE_CONSTRAINT_DATATYPE'],
];

function createError(
  code: string,
  kind: DatabaseErrorKind,
  message: string,
  extendedCode: string = code,
): DatabaseError {
  // an I/O error may come from the very end of a commit, when the rows are already in the file
  const outcome = code === 'SQLITE_IOERR' ? 'unknown' : 'not-applied';
  return new DatabaseError(message, { code, extendedCode, kind, outcome });
}
