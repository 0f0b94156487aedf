import type { Client } from '@libsql/core/api';

// The tables in which a virtual table keeps its rows go with it.
const listTables =
  `SELECT 'DROP ' || type || ' IF EXISTS "' || replace(name, '"', '""') || '"' FROM sqlite_schema ` +
  "WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite~_%' ESCAPE '~' AND name NOT LIKE 'libsql~_%' ESCAPE '~' " +
  "ORDER BY sql LIKE 'CREATE VIRTUAL TABLE%' DESC";

/**
 * Removes every table and view with all their rows, for the next test; what SQLite and libSQL keep for themselves stays. With
 * every other client of a database this is as final as it sounds.
 */
export async function emptyDatabase(client: Client): Promise<void> {
  const { rows } = await client.execute(listTables);
  if (rows.length > 0) await client.migrate(rows.map((row) => row[0] as string));
}
