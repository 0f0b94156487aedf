import { describe, expect, it } from '@jest/globals';
import { DatabaseError } from '../../../lib/errors/database-error.js';
import { toForeignKeyError } from '../../../lib/schema/foreign-key-check.js';
import { toMigrationError } from '../../../lib/schema/migration-errors.js';

const migration = {
  name: '0001_a.sql',
  text: '',
  checksum: '',
  statements: [{ sql: 'SELECT 1', line: 3 }],
};

describe('the error of a migration', () => {
  it('keeps everything that the database said, and the error as its cause', () => {
    const cause = new DatabaseError('no such table: a', {
      code: 'SQLITE_ERROR',
      extendedCode: 'SQLITE_ERROR',
      kind: 'syntax',
      outcome: 'not-applied',
    });

    expect(toMigrationError(cause, migration, 0)).toMatchObject({
      message:
        'SQLITE_ERROR: migration 0001_a.sql, statement 1 (line 3): no such table: a; nothing of this file was kept',
      code: 'SQLITE_ERROR',
      extendedCode: 'SQLITE_ERROR',
      kind: 'syntax',
      outcome: 'not-applied',
      cause,
    });
  });

  it('takes an error of another kind for an unknown outcome', () => {
    const cause = new RangeError('too large');

    expect(toMigrationError(cause, migration, undefined)).toMatchObject({
      message: expect.stringContaining(
        'migration 0001_a.sql: too large; whether the file was applied is not known',
      ),
      code: 'MIGRATION_FAILED',
      outcome: 'unknown',
      cause,
    });
    expect(toForeignKeyError(cause, migration)).toBe(cause);
  });
});
