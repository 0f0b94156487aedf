import { DatabaseError } from '../../errors/database-error.js';

/** What libSQL says when the file itself is at fault: only another file helps. */
const uselessFile =
  /malformed|corrupt|not a database|invalid ?local ?state|metadata file|local state is incorrect|disk image/i;

/** Whatever libSQL makes of such files would be taken for good. */
export function createHarmError(): DatabaseError {
  const message = 'somebody else has changed its files';
  return new DatabaseError(message, { code: 'REPLICA_CORRUPT', kind: 'corrupt', outcome: 'not-applied' });
}

/** A sync that failed. Nobody waits for it by name, so it says what libSQL said. */
export function createSyncError(message: string): DatabaseError {
  const isUseless = uselessFile.test(message);
  return new DatabaseError(message, {
    code: isUseless ? 'REPLICA_CORRUPT' : 'REPLICA_SYNC_FAILED',
    kind: isUseless ? 'corrupt' : 'unavailable',
    outcome: 'not-applied',
  });
}

/** True when the replica must be filled anew. */
export function isUselessFile(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === 'REPLICA_CORRUPT';
}
