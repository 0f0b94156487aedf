import { describe, expect, it } from '@jest/globals';
import { LibsqlBatchError, LibsqlError } from '@libsql/core/api';
import { createRequire } from 'node:module';
import { ConfigurationError } from '../../../lib/errors/configuration-error.js';
import {
  DatabaseBatchError,
  DatabaseError,
  detailsOf,
  toBatchError,
  withOutcome,
  type DatabaseErrorDetails,
} from '../../../lib/errors/database-error.js';
import { findDatabaseError, isDatabaseError } from '../../../lib/errors/find-database-error.js';
import { createAbortedError, createTimeoutError } from '../../../lib/errors/wait-errors.js';

interface Module {
  readonly DatabaseError: typeof DatabaseError;
  readonly DatabaseBatchError: typeof DatabaseBatchError;
}

interface Core {
  readonly LibsqlError: typeof LibsqlError;
}

const details: DatabaseErrorDetails = {
  code: 'SQLITE_CONSTRAINT',
  extendedCode: 'SQLITE_CONSTRAINT_UNIQUE',
  rawCode: 2067,
  kind: 'constraint',
  outcome: 'not-applied',
  retryAfterMs: 5,
};

describe('DatabaseError', () => {
  it('is a LibsqlError that also says why and what became of the statement', () => {
    const cause = new Error('native');
    const error = new DatabaseError('UNIQUE constraint failed', { ...details, cause });

    expect(error).toBeInstanceOf(LibsqlError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ ...details, cause, name: 'DatabaseError' });
    expect(error.message).toBe('SQLITE_CONSTRAINT: UNIQUE constraint failed');
  });

  it('gives its details back', () => {
    expect(detailsOf(new DatabaseError('x', details))).toEqual({ ...details, cause: undefined });
  });

  it.each<[string, unknown, string]>([
    ['a text', 'out of reach', 'out of reach'],
    ['an object', { secret: 'x' }, 'a object instead of an error'],
    ['a number', 7, 'a number instead of an error'],
  ])('makes an error of %s as cause', (_name, cause, message) => {
    expect(new DatabaseError('x', { ...details, cause }).cause).toMatchObject({ message });
  });

  it('keeps an error of another realm as cause', () => {
    const cause = { message: 'native', stack: 'at native', name: 'SqliteError' };

    expect(new DatabaseError('x', { ...details, cause }).cause).toBe(cause);
  });
});

describe('instanceof DatabaseError', () => {
  it.each<[string, unknown, boolean]>([
    ['itself', new DatabaseError('x', details), true],
    ['a batch error', new DatabaseBatchError('x', 1, details), true],
    ['a configuration error', new ConfigurationError('x'), true],
    ['a LibsqlError', new LibsqlError('x', 'y'), false],
    ['an Error', new Error('x'), false],
    ['nothing', null, false],
    ['a text', 'x', false],
  ])('of %s is %s', (_name, value, expected) => {
    expect(value instanceof DatabaseError).toBe(expected);
  });

  it('asks subclasses for their own kind', () => {
    expect(new DatabaseError('x', details) instanceof ConfigurationError).toBe(false);
    expect(new ConfigurationError('x') instanceof ConfigurationError).toBe(true);
    expect(new DatabaseError('x', details) instanceof DatabaseBatchError).toBe(false);
  });

  it('knows the errors of a second copy of this package', async () => {
    const address = '../../../lib/errors/database-error.ts?copy';
    const copy = (await import(address)) as Module;
    const errors = [new copy.DatabaseError('x', details), new copy.DatabaseBatchError('x', 1, details)];

    expect(copy.DatabaseError).not.toBe(DatabaseError);
    for (const error of errors) {
      expect(Object.getPrototypeOf(error)).not.toBe(DatabaseError.prototype);
      expect([error instanceof DatabaseError, isDatabaseError(error, 'constraint')]).toEqual([true, true]);
    }
    expect(new DatabaseError('x', details)).toBeInstanceOf(copy.DatabaseError);
  });

  it('tells the errors of a libSQL client in its CommonJS build apart, and finds ours behind them', () => {
    const core = createRequire(import.meta.url)('@libsql/core/api') as Core;
    const ours = new DatabaseError('x', details);
    const theirs = new core.LibsqlError('wrapped', 'OTHER', undefined, undefined, ours);

    expect(core.LibsqlError).not.toBe(LibsqlError);
    expect(theirs).not.toBeInstanceOf(DatabaseError);
    expect(findDatabaseError(theirs)).toBe(ours);
  });
});

describe('DatabaseBatchError', () => {
  it('is a LibsqlBatchError with the index of the statement', () => {
    const error = new DatabaseBatchError('x', 3, details);

    expect(error).toBeInstanceOf(LibsqlBatchError);
    expect(error).toMatchObject({ ...details, statementIndex: 3, name: 'DatabaseBatchError' });
  });

  it('is made of the error of a statement, whose code stands once in its message', () => {
    const cause = new DatabaseError('UNIQUE constraint failed', details);
    const error = toBatchError(cause, 2);

    expect(error).toMatchObject({ ...details, statementIndex: 2, cause });
    expect((error as Error).message).toBe('SQLITE_CONSTRAINT: UNIQUE constraint failed');
  });

  it('is not made of another error, nor twice', () => {
    const other = new Error('x');
    const batch = new DatabaseBatchError('x', 1, details);

    expect([toBatchError(other, 2), toBatchError(batch, 2)]).toEqual([other, batch]);
  });
});

describe('withOutcome', () => {
  it('says in the message why the outcome is another one', () => {
    const cause = new DatabaseError('lost', details);
    const error = withOutcome(cause, 'unknown', 'rows before it are kept');

    expect(error).toMatchObject({ ...details, outcome: 'unknown', cause });
    expect((error as Error).message).toBe('SQLITE_CONSTRAINT: lost; rows before it are kept');
  });

  it('leaves an error with that outcome, and what is no error of ours', () => {
    const same = new DatabaseError('x', details);
    const other = new Error('x');

    expect(withOutcome(same, 'not-applied', 'y')).toBe(same);
    expect(withOutcome(other, 'unknown', 'y')).toBe(other);
  });
});

describe('findDatabaseError', () => {
  const ours = new DatabaseError('x', details);
  const wrap = (error: unknown, depth: number): unknown =>
    depth === 0 ? error : new Error('outer', { cause: wrap(error, depth - 1) });

  it.each([0, 1, 15])('finds it behind %d wrappers', (depth) => {
    expect(findDatabaseError(wrap(ours, depth))).toBe(ours);
  });

  it('finds the one of a kind behind another one', () => {
    const outer = new ConfigurationError('y', undefined, ours);

    expect([findDatabaseError(outer), findDatabaseError(outer, 'constraint')]).toEqual([outer, ours]);
    expect(findDatabaseError(outer, 'timeout')).toBeUndefined();
  });

  it.each([undefined, null, 'x', 7, new Error('x'), { cause: { cause: {} } }])(
    'finds none in %p',
    (error) => {
      expect([findDatabaseError(error), isDatabaseError(error)]).toEqual([undefined, false]);
    },
  );

  it('ends on a cause that leads back to itself', () => {
    const error = new Error('x');
    error.cause = error;

    expect(findDatabaseError(error)).toBeUndefined();
  });
});

describe('wait errors', () => {
  it('tell how long and for whom', () => {
    expect(createTimeoutError('waiting', 99.6, 'a transaction at x').message).toBe(
      'TIMEOUT: timed out after 100 ms waiting. It is held by a transaction at x; withTransaction() cannot be left open by mistake',
    );
  });

  it('are the reason itself when that is one of ours', () => {
    const reason = new DatabaseError('x', details);

    expect([
      createAbortedError('waiting', reason),
      createAbortedError('waiting', 'stop').cause,
    ]).toMatchObject([reason, { message: 'stop' }]);
  });
});
