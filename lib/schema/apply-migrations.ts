import { createDeadline, type Deadline } from '../async/deadline.js';
import type { DriverConnection } from '../contract/connection.js';
import type { DriverCapabilities, Reporter } from '../contract/driver.js';
import type { ResolvedMigrationsOptions } from '../options/resolved-options.js';
import { applyPending } from './apply-pending.js';
import { findMisorder } from './file-names.js';
import { journalTable, readJournal } from './journal.js';
import { leaseTable } from './lease-table.js';
import { createMigrationError } from './migration-errors.js';
import type { MigrationFile } from './migration-file.js';
import { MigrationLease } from './migration-lease.js';
import { migrationPace, type MigrationPace } from './migration-pace.js';
import { parseMigration } from './parse-migration.js';
import { planMigrations } from './plan-migrations.js';
import { readMigrationFiles } from './read-migration-files.js';
import { ensureTables } from './tables.js';
import { anyonesTurn } from './turn.js';

/** What the migrations of a connection depend on. */
export interface MigrationContext {
  readonly capabilities: DriverCapabilities;
  /** Longest time for one file, waiting for other instances included. */
  readonly migrationTimeoutMs: number;
  /** Ends waits and the file that runs. */
  readonly signal: AbortSignal;
  readonly report: Reporter;
}

/** A file that the server rolled back because another writer wanted the lock runs again, but not for ever. */
const maxAttemptsOnServer = 3;

/**
 * Brings the schema up to date: every `.sql` file of the folder that the journal does not know, in the order of their names, each
 * in its own transaction together with its journal row. However many instances call this at once, each file is applied once.
 * `run: 'check'` only looks.
 * @returns the names of the files that this call applied
 * @throws ConfigurationError when folder and journal do not fit, a file must not run, or `'check'` finds pending files
 * @throws DatabaseError naming file, statement and line when a statement fails
 */
export async function applyMigrations(
  connection: DriverConnection,
  { directory, run }: ResolvedMigrationsOptions,
  context: MigrationContext,
  pace: MigrationPace = migrationPace,
): Promise<readonly string[]> {
  const { capabilities, migrationTimeoutMs, signal, report } = context;
  const start = (): Deadline => createDeadline(migrationTimeoutMs, signal);
  const files = await readMigrationFiles(directory);
  const pending = planMigrations(files, await readJournal(connection, start()));
  if (pending.length === 0) return [];
  if (run === 'check') throw createPendingError(pending);
  // all of them before the first one runs: a mistake in the last file stops the first
  const migrations = new Map(pending.map((file) => [file.name, parseMigration(file)]));
  reportMisorder(files, report);
  const parts = { connection, files, migrations, pace, createDeadline: start };
  if (!capabilities.stealsWriteLock) {
    await ensureTables(connection, [journalTable], start());
    return applyPending({ ...parts, turn: anyonesTurn, maxAttempts: 1 });
  }
  await ensureTables(connection, [journalTable, leaseTable], start());
  const turn = new MigrationLease(connection, report, pace, migrationTimeoutMs);
  try {
    return await applyPending({ ...parts, turn, maxAttempts: maxAttemptsOnServer });
  } catch (error) {
    throw turn.explain(error);
  } finally {
    await turn.release();
  }
}

function createPendingError(pending: readonly MigrationFile[]): Error {
  const names = pending.map(({ name }) => name).join(', ');
  const message = `the schema is not up to date: pending are ${names}. Apply them with migrations.run "on-boot", then start again`;
  return createMigrationError(message, 'MIGRATIONS_PENDING');
}

function reportMisorder(files: readonly MigrationFile[], report: Reporter): void {
  const message = findMisorder(files.map(({ name }) => name));
  if (message !== undefined) report({ level: 'warning', code: 'MIGRATION_ORDER', message });
}
