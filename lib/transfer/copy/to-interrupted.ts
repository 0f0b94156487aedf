import { DatabaseError } from '../../errors/database-error.js';
import { toSqliteError } from '../../drivers/sqlite/sqlite-errors.js';
import { TransferInterruptedError } from '../transfer-errors.js';

/** What no resume mends: somebody else works on the same target, or it refuses a definition. */
const finals = ['TRANSFER_CONFLICT', 'TRANSFER_BAD_DEFINITION'];

/** Whatever else ends a load that has begun leaves it to a resume. */
export function toInterrupted(error: unknown): unknown {
  const { errno, code } = error as NodeJS.ErrnoException;
  if (errno !== undefined && code !== undefined)
    return new TransferInterruptedError(
      `${code}: a file beside the database could not be read or written`,
      'unavailable',
      error,
    );
  const known = toSqliteError(error);
  if (!(known instanceof DatabaseError) || known instanceof TransferInterruptedError) return known;
  if (finals.includes(known.code)) return known;
  return new TransferInterruptedError(known.message, known.kind, known);
}
