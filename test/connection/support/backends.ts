import { afterAll, beforeAll } from '@jest/globals';
import { emptyDatabase } from '../../contract/setups/empty-database.js';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { createTempDatabase } from '../../support/temp-database.js';

/** Every backend by name, with the URL of an empty database; starts and stops the server of a spec. */
export function useBackends(): [string, () => Promise<string>][] {
  let server: SqldServer;
  beforeAll(async () => {
    server = await startSqld();
  });
  afterAll(() => server.stop());
  return [
    ['a file', async () => (await createTempDatabase()).url],
    ['memory', async () => ':memory:'],
    [
      'a server',
      async () => {
        await emptyDatabase(server.url, undefined);
        return server.url;
      },
    ],
  ];
}
