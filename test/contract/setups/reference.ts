import { createClient } from '@libsql/client/http';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import type { ContractSetup } from '../contract-setup.js';
import { emptyDatabase } from './empty-database.js';

/** `@libsql/client` itself: what our connection is compared with. It runs the facts of the libSQL interface only. */
export function createReferenceSetup(): ContractSetup {
  let server: SqldServer;
  return {
    name: '@libsql/client over http',
    protocol: 'http',
    capabilities: {
      readsBesideWriter: true,
      stealsWriteLock: true,
      overNetwork: true,
      durable: true,
      maxValueBytes: 4_300_000,
      bindsIntegersAsIntegers: false,
      namesClosedClient: false,
      rejectsSync: false,
      tellsPrimaryKeyApart: false,
      setsUserVersion: true,
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
