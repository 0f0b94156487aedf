import { createConnection, type DatabaseConnection } from '../../../lib/index.js';
import {
  sqliteFileCapabilities,
  sqliteMemoryCapabilities,
  type ContractSetup,
} from '../../../lib/testing/index.js';
import { createTempDatabase } from '../../support/temp-database.js';
import { startRival, type Rival } from './rival.js';

export function createSqliteFileSetup(): ContractSetup<DatabaseConnection> {
  return {
    name: 'sqlite file',
    capabilities: sqliteFileCapabilities,
    async open(options) {
      const { url } = await createTempDatabase();
      return createConnection({ url, ...options });
    },
  };
}

/** As a file that another program made: the rollback journal instead of the write-ahead log. */
export function createSqliteDeleteModeSetup(): ContractSetup<DatabaseConnection> {
  return {
    name: 'sqlite file with a rollback journal',
    capabilities: { ...sqliteFileCapabilities, commitsBesideReader: false },
    async open(options) {
      const { url } = await createTempDatabase();
      return createConnection({ url, sqlite: { journalMode: 'keep', synchronous: 'off' }, ...options });
    },
  };
}

export function createSqliteSharedSetup(): ContractSetup<DatabaseConnection> {
  let rival: Rival;
  return {
    name: 'sqlite file in which another process writes all the time',
    capabilities: sqliteFileCapabilities,
    async start() {
      rival = await startRival();
    },
    async open(options) {
      const { url, path } = await createTempDatabase();
      await rival.turnTo(path);
      return createConnection({ url, sqlite: { synchronous: 'off' }, ...options });
    },
    stop: () => rival.stop(),
  };
}

export function createSqliteMemorySetup(): ContractSetup<DatabaseConnection> {
  return {
    name: 'sqlite memory',
    capabilities: sqliteMemoryCapabilities,
    open: (options) => Promise.resolve(createConnection({ url: ':memory:', ...options })),
  };
}
