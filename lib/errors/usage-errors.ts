import { DatabaseError } from './database-error.js';

/** A call on a closed connection. */
export function createClientClosedError(): DatabaseError {
  return new DatabaseError('The client is closed', {
    code: 'CLIENT_CLOSED',
    kind: 'closed',
    outcome: 'not-applied',
  });
}

/** A call on a transaction that has ended. */
export function createTransactionClosedError(message: string, cause?: unknown): DatabaseError {
  return new DatabaseError(message, {
    code: 'TRANSACTION_CLOSED',
    kind: 'closed',
    outcome: 'not-applied',
    cause,
  });
}

/** Arguments that do not fit the statement or have no SQL form. */
export function createArgsError(message: string, cause?: unknown): DatabaseError {
  return new DatabaseError(message, { code: 'ARGS_INVALID', kind: 'syntax', outcome: 'not-applied', cause });
}

/** SQL that must not go through this method. */
export function createStatementRefusedError(message: string, code: string): DatabaseError {
  return new DatabaseError(message, { code, kind: 'syntax', outcome: 'not-applied' });
}

/** `stream()` may run a statement again as long as no row was handed out, and on a handle that only reads. */
export function createStreamWritesError(): DatabaseError {
  return createStatementRefusedError(
    'stream() takes statements that only read; use execute() for one that writes',
    'STATEMENT_NOT_SUPPORTED',
  );
}

/** A transaction that was open longer than it may be. */
export function createTransactionExpiredError(timeoutMs: number, origin: string): DatabaseError {
  return new DatabaseError(
    `rolled back after ${Math.round(timeoutMs)} ms (transactionTimeoutMs): ${origin}`,
    {
      code: 'TRANSACTION_TIMEOUT',
      kind: 'timeout',
      outcome: 'not-applied',
    },
  );
}
