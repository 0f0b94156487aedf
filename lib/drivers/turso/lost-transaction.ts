import { DatabaseError, detailsOf } from '../../errors/database-error.js';

/** Without COMMIT nothing of a transaction persists, whatever became of the statement itself. */
export function toNotApplied(error: DatabaseError): DatabaseError {
  if (error.outcome === 'not-applied') return error;
  const text = error.message.slice(error.code.length + 2);
  return new DatabaseError(`${text}; the transaction is rolled back`, {
    ...detailsOf(error),
    outcome: 'not-applied',
    cause: error,
  });
}

/** A guarded step did not run: the stream had left the transaction. */
export function createLostError(): DatabaseError {
  return new DatabaseError(
    'the server ended the transaction (another writer waited too long); nothing of it was kept',
    { code: 'TRANSACTION_CLOSED', kind: 'busy', outcome: 'not-applied' },
  );
}
