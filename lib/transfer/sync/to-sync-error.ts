import { toInterrupted } from '../copy/to-interrupted.js';
import { toSqliteError } from '../../drivers/sqlite/sqlite-errors.js';
import { DatabaseError } from '../../errors/database-error.js';

/** What is wrong stays what it is; whatever else ends a sync leaves it to the next one. */
export function toSyncError(error: unknown): unknown {
  const known = toSqliteError(error);
  return known instanceof DatabaseError && known.kind === 'configuration' ? known : toInterrupted(known);
}
