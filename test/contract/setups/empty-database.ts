import { createClient } from '@libsql/client/http';
import { emptyDatabase as empty } from '../../../lib/testing/index.js';

/** Empties a remote database through another client than the one that is tried. */
export async function emptyDatabase(url: string, authToken: string | undefined): Promise<void> {
  const client = createClient({ url, ...(authToken === undefined ? {} : { authToken }) });
  try {
    await empty(client);
  } finally {
    client.close();
  }
}
