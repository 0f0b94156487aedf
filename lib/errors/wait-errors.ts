import { DatabaseError } from './database-error.js';

/** A wait that lasted too long, before anything was sent. */
export function createTimeoutError(doing: string, timeoutMs: number, holder?: string): DatabaseError {
  const held =
    holder === undefined ? '' : `. It is held by ${holder}; withTransaction() cannot be left open by mistake`;
  return new DatabaseError(`timed out after ${Math.round(timeoutMs)} ms ${doing}${held}`, {
    code: 'TIMEOUT',
    kind: 'timeout',
    outcome: 'not-applied',
  });
}

/** A wait that a signal ended, before anything was sent: the caller's, or the connection's own when it closes. */
export function createAbortedError(doing: string, reason: unknown): DatabaseError {
  if (reason instanceof DatabaseError) return reason;
  return new DatabaseError(`aborted ${doing}`, {
    code: 'ABORTED',
    kind: 'aborted',
    outcome: 'not-applied',
    cause: reason,
  });
}
