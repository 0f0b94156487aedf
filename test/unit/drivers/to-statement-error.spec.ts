import { describe, expect, it } from '@jest/globals';
import { toStatementError } from '../../../lib/drivers/turso/to-statement-error.js';

const redact = (text: string): string => text.replaceAll('tok-secret', '[redacted]');
const unavailable = { kind: 'unavailable', outcome: 'unknown' };
const refused = (kind: string) => ({ kind, outcome: 'not-applied' });

describe('toStatementError', () => {
  const statement = (code: string | null, message = 'x') => toStatementError({ code, message }, redact);

  it.each<[string | null, string, object]>([
    [null, 'no such table: t', { code: 'SQLITE_ERROR', ...refused('syntax') }],
    ['SQLITE_UNKNOWN', 'no such table: t', { code: 'SQLITE_ERROR', ...refused('syntax') }],
    ['SQL_PARSE_ERROR', 'near "SELEC"', { code: 'SQLITE_ERROR', ...refused('syntax') }],
    [
      'SQLITE_UNKNOWN',
      'attempt to write a readonly database',
      { code: 'SQLITE_READONLY', ...refused('read-only') },
    ],
    ['SQL_MANY_STATEMENTS', 'two', { code: 'SQL_MANY_STATEMENTS', ...refused('syntax') }],
    ['SQL_NO_STATEMENT', 'none', { code: 'SQL_NO_STATEMENT', ...refused('syntax') }],
    ['ARGS_INVALID', 'missing', { code: 'ARGS_INVALID', ...refused('syntax') }],
    ['ARGS_INVALID', 'string or blob too big', { code: 'SQLITE_TOOBIG', ...refused('too-large') }],
    ['SQL_STRING_TOO_BIG', 'x', { code: 'SQLITE_TOOBIG', ...refused('too-large') }],
    ['RESPONSE_TOO_LARGE', 'x', { code: 'RESPONSE_TOO_LARGE', ...refused('too-large') }],
    ['SQLITE_BUSY', 'database is locked', { code: 'SQLITE_BUSY', ...refused('busy') }],
    ['TRANSACTION_TIMEOUT', 'x', { code: 'TRANSACTION_TIMEOUT', ...refused('busy') }],
    ['STREAM_EXPIRED', 'x', { code: 'STREAM_EXPIRED', ...refused('busy') }],
    ['SQLITE_CORRUPT', 'x', { code: 'SQLITE_CORRUPT', ...refused('corrupt') }],
    ['SQLITE_FULL', 'x', { code: 'SQLITE_FULL', ...refused('unavailable') }],
    ['SQLITE_IOERR', 'disk I/O error', { code: 'SQLITE_IOERR', ...unavailable }],
    ['AUTH_JWT_EXPIRED', 'x', { code: 'AUTH_JWT_EXPIRED', ...refused('auth') }],
    ['NEVER_HEARD_OF', 'x', { code: 'NEVER_HEARD_OF', ...refused('internal') }],
  ])('names %s (%s)', (code, message, expected) => {
    expect(statement(code, message)).toMatchObject(expected);
  });

  it.each([
    ['UNIQUE constraint failed: t.rowid', 'SQLITE_CONSTRAINT_ROWID'],
    ['UNIQUE constraint failed: t.a', 'SQLITE_CONSTRAINT_UNIQUE'],
    ['NOT NULL constraint failed: t.a', 'SQLITE_CONSTRAINT_NOTNULL'],
    ['CHECK constraint failed: a > 0', 'SQLITE_CONSTRAINT_CHECK'],
    ['FOREIGN KEY constraint failed', 'SQLITE_CONSTRAINT_FOREIGNKEY'],
    ['cannot store TEXT value in INTEGER column t.a', 'SQLITE_CONSTRAINT_DATATYPE'],
    ['SQLite error: UNIQUE constraint failed: t.a', 'SQLITE_CONSTRAINT_UNIQUE'],
    ['a trigger said no', 'SQLITE_CONSTRAINT'],
  ])('reads the extended code of %j', (message, extendedCode) => {
    expect(statement('SQLITE_CONSTRAINT', message)).toMatchObject({
      code: 'SQLITE_CONSTRAINT',
      extendedCode,
      ...refused('constraint'),
    });
  });

  it('shows no secret', () => {
    expect(statement(null, 'no such column: tok-secret').message).toBe(
      'SQLITE_ERROR: no such column: [redacted]',
    );
  });
});
