import type { Deadline } from '../async/deadline.js';
import type { DriverConnection } from '../contract/connection.js';
import type { Statement } from '../contract/statement.js';
import { createMigrationError } from './migration-errors.js';
import type { MigrationFile } from './migration-file.js';
import type { TableDefinition } from './tables.js';

/** What was applied. A row is written by the transaction that runs the file, so it exists exactly when the file was applied. */
export const journalTable: TableDefinition = {
  name: '_migrations',
  sql: 'CREATE TABLE IF NOT EXISTS _migrations (name TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL, applied_at TEXT NOT NULL)',
};

/** A file that was applied. */
export interface JournalRow {
  readonly name: string;
  readonly checksum: string;
  /** ISO 8601, by the clock of the instance that applied it. */
  readonly appliedAt: string;
}

/** Reads the journal; without its table nothing was applied yet. */
export async function readJournal(connection: DriverConnection, deadline: Deadline): Promise<JournalRow[]> {
  if (!(await hasJournal(connection, deadline))) return [];
  const sql = 'SELECT name, checksum, applied_at FROM _migrations ORDER BY name';
  const { rows } = await connection.execute({ sql, args: [] }, deadline);
  return rows.map((row) => ({
    name: row[0] as string,
    checksum: row[1] as string,
    appliedAt: row[2] as string,
  }));
}

/** The row of a file that is applied now. It is inserted first, so that of two instances the second one stops there. */
export function createJournalRow({ name, checksum }: MigrationFile): JournalRow {
  return { name, checksum, appliedAt: new Date().toISOString() };
}

/** The statement that writes a row. */
export function insertJournalRow({ name, checksum, appliedAt }: JournalRow): Statement {
  const sql = 'INSERT INTO _migrations (name, checksum, applied_at) VALUES (?, ?, ?)';
  return { sql, args: [name, checksum, appliedAt] };
}

/** Other tools know a table of this name too (PocketBase does). */
async function hasJournal(connection: DriverConnection, deadline: Deadline): Promise<boolean> {
  const sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = '_migrations'";
  const { rows } = await connection.execute({ sql, args: [] }, deadline);
  const [row] = rows;
  if (row === undefined) return false;
  if (/checksum.*applied_at/s.test(row[0] as string)) return true;
  const message =
    'the table _migrations belongs to another tool: rename it, or apply the schema with that tool';
  throw createMigrationError(message, 'MIGRATION_INVALID');
}
