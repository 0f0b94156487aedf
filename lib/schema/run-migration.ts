import { createDeadline, type Deadline } from '../async/deadline.js';
import { sleep } from '../async/sleep.js';
import type { DriverConnection } from '../contract/connection.js';
import { DatabaseError } from '../errors/database-error.js';
import { createForeignKeyCheck, toForeignKeyError } from './foreign-key-check.js';
import { createJournalRow, insertJournalRow, readJournal, type JournalRow } from './journal.js';
import { failedIndex, toMigrationError } from './migration-errors.js';
import type { Migration } from './migration-file.js';
import type { MigrationPace } from './migration-pace.js';

/**
 * Runs a file in one transaction: its journal row first, then its statements, then the check of foreign keys. They are off
 * meanwhile, so that a table can be rebuilt without deleting the rows that reference it.
 * @returns false when another instance has applied it
 * @throws DatabaseError naming file, statement and line
 */
export async function runMigration(
  connection: DriverConnection,
  migration: Migration,
  deadline: Deadline,
  pace: MigrationPace,
): Promise<boolean> {
  const check = await createForeignKeyCheck(connection, migration, deadline);
  const row = createJournalRow(migration);
  const statements = migration.statements.map(({ sql }) => ({ sql, args: [] }));
  const batch = [insertJournalRow(row), ...statements, ...(check === undefined ? [] : [check])];
  try {
    await connection.batch(batch, { mode: 'write', foreignKeys: false }, deadline);
    return true;
  } catch (error) {
    if (isAppliedElsewhere(error)) return false;
    if (isUnclear(error)) {
      if (await isInJournal(connection, row, deadline, pace)) return true;
      throw toMigrationError(error, migration, undefined);
    }
    const index = failedIndex(error);
    if (index === undefined) throw toMigrationError(error, migration, undefined);
    throw index > statements.length
      ? toForeignKeyError(error, migration)
      : toMigrationError(error, migration, index - 1);
  }
}

/** The journal row comes first in the batch, and its name is the key. */
function isAppliedElsewhere(error: unknown): boolean {
  return failedIndex(error) === 0 && (error as DatabaseError).kind === 'constraint';
}

/** True unless the database said that nothing was applied. */
function isUnclear(error: unknown): boolean {
  return !(error instanceof DatabaseError) || error.outcome !== 'not-applied';
}

/** Asks the journal what became of a file whose answer was lost, for a while: the server may still be at it. */
async function isInJournal(
  connection: DriverConnection,
  { name, appliedAt }: JournalRow,
  { signal }: Deadline,
  pace: MigrationPace,
): Promise<boolean> {
  const deadline = createDeadline(pace.confirmMs, signal);
  for (;;) {
    try {
      const journal = await readJournal(connection, deadline);
      if (journal.some((row) => row.name === name && row.appliedAt === appliedAt)) return true;
      await sleep(pace.pollMs, deadline, 'waiting for the journal of the migrations');
    } catch {
      return false;
    }
  }
}
