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

/** A wait for the next row of a stream that its consumer ended. */
export function createStreamEndedError(): DatabaseError {
  return new DatabaseError('the stream was ended by its consumer', {
    code: 'ABORTED',
    kind: 'aborted',
    outcome: 'not-applied',
  });
}

/** A stream that nobody took a row of for too long. It only read. */
export function createStreamIdleError(timeoutMs: number): DatabaseError {
  return new DatabaseError(
    `closed a stream of which no row was taken for ${Math.round(timeoutMs)} ms: it holds a reader meanwhile; raise its "timeoutMs", or read the rows with execute()`,
    { code: 'TIMEOUT', kind: 'timeout', outcome: 'not-applied' },
  );
}

/** A wait in vain of a call that ran outside of a transaction, while that transaction was still open around it. */
export function createWaitedForItselfError(timedOut: DatabaseError, origin: string): DatabaseError {
  return new DatabaseError(
    `${timedOut.message}. The call ran outside of ${origin}, which was still open and may be what it waited for: let that end first, or run the call inside of it`,
    { code: timedOut.code, kind: timedOut.kind, outcome: timedOut.outcome, cause: timedOut },
  );
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
