import { createClient } from '@libsql/client/http';

/** Removes every table and view of a remote database, so that the next fact finds it empty. */
export async function emptyDatabase(
  url: string,
  authToken: string | undefined,
  setsUserVersion = true,
): Promise<void> {
  const client = createClient({ url, ...(authToken === undefined ? {} : { authToken }) });
  try {
    const { rows } = await client.execute(
      `SELECT 'DROP ' || type || ' "' || replace(name, '"', '""') || '"' FROM sqlite_schema ` +
        "WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite~_%' ESCAPE '~' AND name NOT LIKE 'libsql~_%' ESCAPE '~'",
    );
    const version = setsUserVersion ? ['PRAGMA user_version = 0'] : [];
    await client.migrate([...rows.map((row) => row[0] as string), ...version]);
  } finally {
    client.close();
  }
}
