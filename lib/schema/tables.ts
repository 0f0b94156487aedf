import type { Deadline } from '../async/deadline.js';
import type { DriverConnection } from '../contract/connection.js';

/** A table of our own. */
export interface TableDefinition {
  readonly name: string;
  /** `CREATE TABLE IF NOT EXISTS …` */
  readonly sql: string;
}

/**
 * Creates the tables that are missing. It looks first: on a server even a write that changes nothing waits for the lock, and takes
 * it from whoever has held it for 5 s.
 */
export async function ensureTables(
  connection: DriverConnection,
  tables: readonly TableDefinition[],
  deadline: Deadline,
): Promise<void> {
  const sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '~_migrations%' ESCAPE '~'";
  const { rows } = await connection.execute({ sql, args: [] }, deadline);
  const present = new Set(rows.map((row) => row[0]));
  for (const table of tables) {
    if (!present.has(table.name)) await connection.execute({ sql: table.sql, args: [] }, deadline);
  }
}
