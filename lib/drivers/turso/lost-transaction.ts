import type { Reporter } from '../../contract/driver.js';
import { DatabaseError } from '../../errors/database-error.js';

/** A guarded step did not run: the stream had left the transaction. */
export function createLostError(): DatabaseError {
  return new DatabaseError(
    'the server ended the transaction (another writer waited too long); nothing of it was kept',
    { code: 'TRANSACTION_CLOSED', kind: 'busy', outcome: 'not-applied' },
  );
}

/** Tells that a transaction ended without its ROLLBACK. When the server knows the stream no more, it holds nothing of it either. */
export function reportUnsentRollback(error: unknown, report: Reporter): void {
  const { code, message } = error as DatabaseError;
  if (code === 'STREAM_EXPIRED') return;
  report({
    level: 'warning',
    code: 'ROLLBACK_NOT_SENT',
    message: `a rollback did not reach the server (${message}); it rolls back by itself within 10 s`,
  });
}
