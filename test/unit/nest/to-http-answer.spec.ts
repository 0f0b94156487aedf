import { describe, expect, it } from '@jest/globals';
import {
  DatabaseError,
  type DatabaseErrorDetails,
  type DatabaseErrorKind,
} from '../../../lib/errors/database-error.js';
import { toHttpAnswer } from '../../../lib/nest/to-http-answer.js';

const answerTo = (details: Partial<DatabaseErrorDetails> & { kind: DatabaseErrorKind }) =>
  toHttpAnswer(
    new DatabaseError('UNIQUE constraint failed: users.email', {
      code: 'CODE',
      outcome: 'not-applied',
      ...details,
    }),
  );

describe('the answer to a failure of the database', () => {
  it.each([
    ['constraint', 409],
    ['busy', 503],
    ['timeout', 503],
    ['unavailable', 503],
    ['aborted', 503],
    ['too-large', 413],
    ['auth', 500],
    ['closed', 500],
    ['configuration', 500],
    ['corrupt', 500],
    ['internal', 500],
    ['read-only', 500],
    ['syntax', 500],
  ] as const)('of the kind %s has the status %i', (kind, statusCode) => {
    expect(answerTo({ kind })).toMatchObject({ statusCode, code: 'CODE' });
  });

  it.each([
    ['SQLITE_CONSTRAINT_UNIQUE', 409],
    ['SQLITE_CONSTRAINT_PRIMARYKEY', 409],
    ['SQLITE_CONSTRAINT_ROWID', 409],
    ['SQLITE_CONSTRAINT_FOREIGNKEY', 409],
    ['SQLITE_CONSTRAINT_TRIGGER', 409],
    ['SQLITE_CONSTRAINT', 409],
    [undefined, 409],
    ['SQLITE_CONSTRAINT_NOTNULL', 400],
    ['SQLITE_CONSTRAINT_CHECK', 400],
    ['SQLITE_CONSTRAINT_DATATYPE', 400],
  ])('of the constraint %s has the status %i', (extendedCode, statusCode) => {
    expect(answerTo({ kind: 'constraint', code: 'SQLITE_CONSTRAINT', extendedCode })).toMatchObject({
      statusCode,
      code: 'SQLITE_CONSTRAINT',
    });
  });

  it('is 503 on a connection that is closed because the app stops', () => {
    expect(answerTo({ kind: 'closed', code: 'CLIENT_CLOSED' }).statusCode).toBe(503);
    expect(answerTo({ kind: 'closed', code: 'TRANSACTION_CLOSED' }).statusCode).toBe(500);
  });

  it('says whether something may have been changed', () => {
    expect(answerTo({ kind: 'timeout' }).message).toContain('nothing was changed');
    expect(answerTo({ kind: 'timeout', outcome: 'unknown' }).message).toContain('is not known');
  });

  it('names the status and holds nothing of the error', () => {
    const answer = answerTo({ kind: 'constraint', extendedCode: 'SQLITE_CONSTRAINT_UNIQUE' });

    expect(answer).toEqual({
      statusCode: 409,
      error: 'Conflict',
      message: 'A record with the same key exists already',
      code: 'CODE',
    });
  });
});
