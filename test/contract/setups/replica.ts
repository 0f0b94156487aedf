import { afterAll } from '@jest/globals';
import { createConnection, type DatabaseConnection } from '../../../lib/index.js';
import { libsqlServerCapabilities, type ContractSetup } from '../../../lib/testing/index.js';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { createTempDatabase } from '../../support/temp-database.js';
import { emptyDatabase } from './empty-database.js';

/** Told of each connection; says in the end how many of the reads were local. */
export function countReads(): (local: number, remote: number) => void {
  const reads = { local: 0, remote: 0 };
  afterAll(() => {
    const share = (100 * reads.local) / (reads.local + reads.remote);
    console.info(`${reads.local} of ${reads.local + reads.remote} reads were local (${share.toFixed(1)} %)`);
  });
  return (local, remote) => {
    reads.local += local;
    reads.remote += remote;
  };
}

/** sqld as the primary, and a fresh replica for each client. */
export function createReplicaSetup(
  onReads: (local: number, remote: number) => void,
): ContractSetup<DatabaseConnection> {
  let server: SqldServer;
  return {
    name: 'sqld with an embedded replica',
    capabilities: { ...libsqlServerCapabilities, rejectsSync: false, hasReplica: true },
    async start() {
      server = await startSqld();
    },
    async open(options) {
      await emptyDatabase(server.url, undefined);
      const { path } = await createTempDatabase('replica.db');
      const connection = createConnection({ url: server.url, replica: { path }, ...options });
      const close = connection.close.bind(connection);
      connection.close = () => {
        const { replica } = connection.status();
        if (replica !== undefined) onReads(replica.localReads, replica.remoteReads);
        return close();
      };
      return connection;
    },
    stop: () => server.stop(),
  };
}
