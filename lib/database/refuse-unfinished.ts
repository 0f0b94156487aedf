import { createDeadline } from '../async/deadline.js';
import { DatabaseError } from '../errors/database-error.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { OpenedDatabase } from './open-database.js';

/** Where a transfer keeps its books; they go when it is complete. */
const books = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'nestjs_turso_transfer'";

/** @throws DatabaseError `TRANSFER_UNFINISHED` when a transfer to this database is not complete, and the options say to look */
export async function refuseUnfinished(
  { connection }: OpenedDatabase,
  { refuseUnfinishedTransfer, queryTimeoutMs }: ResolvedOptions,
  signal: AbortSignal,
): Promise<void> {
  if (!refuseUnfinishedTransfer) return;
  const { rows } = await connection.execute({ sql: books, args: [] }, createDeadline(queryTimeoutMs, signal));
  if (rows.length === 0) return;
  throw new DatabaseError(
    'a transfer to this database is not complete: finish it with "nestjs-turso copy … --resume" or "nestjs-turso cutover …"; one that cannot go on begins again with an empty database',
    { code: 'TRANSFER_UNFINISHED', kind: 'configuration', outcome: 'not-applied' },
  );
}
