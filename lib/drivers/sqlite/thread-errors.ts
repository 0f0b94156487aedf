import { DatabaseError, type Outcome } from '../../errors/database-error.js';

/** For whoever waits for a thread that is gone. */
export function createCrashError(
  cause: unknown,
  kind: 'unavailable' | 'internal',
  outcome: Outcome,
): DatabaseError {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  const what =
    kind === 'unavailable' ? 'no thread could be started' : 'the thread that ran the statement ended';
  return new DatabaseError(`${what}${reason}`, {
    code: 'READER_THREAD_ENDED',
    kind,
    outcome,
    cause,
  });
}

/** In the form of better-sqlite3's own. */
export function toThreadError({ code, message }: { code: string | undefined; message: string }): Error {
  return Object.assign(new Error(message), { name: 'SqliteError', ...(code !== undefined && { code }) });
}
