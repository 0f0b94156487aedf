import { createClient } from '@libsql/client/http';
import { libsqlServerCapabilities, type ContractSetup } from '../../../lib/testing/index.js';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { emptyDatabase } from './empty-database.js';

/** `@libsql/client` itself: what our connection is compared with. It runs the facts of the libSQL interface only. */
export function createReferenceSetup(): ContractSetup {
  let server: SqldServer;
  return {
    name: '@libsql/client over http',
    capabilities: {
      ...libsqlServerCapabilities,
      bindsIntegersAsIntegers: false,
      namesClosedClient: false,
      rejectsSync: false,
    },
    async start() {
      server = await startSqld();
    },
    async open({ intMode = 'number' } = {}) {
      await emptyDatabase(server.url, undefined);
      return createClient({ url: server.url, intMode });
    },
    stop: () => server.stop(),
  };
}
