import { createConnection, type DatabaseConnection, type DatabaseModuleOptions } from '../../../lib/index.js';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { createTempDatabase } from '../../support/temp-database.js';
import type { ContractCapabilities, ContractSetup, OpenOptions } from '../contract-setup.js';
import { emptyDatabase } from './empty-database.js';

type ConnectionSetup = ContractSetup<DatabaseConnection>;

const none = (): Promise<void> => Promise.resolve();

const capabilities: ContractCapabilities = {
  readsBesideWriter: true,
  stealsWriteLock: false,
  overNetwork: false,
  durable: true,
  maxValueBytes: 1_000_000_000,
  bindsIntegersAsIntegers: true,
  namesClosedClient: true,
  rejectsSync: true,
  tellsPrimaryKeyApart: true,
  setsUserVersion: true,
};

const remoteCapabilities: ContractCapabilities = {
  ...capabilities,
  stealsWriteLock: true,
  overNetwork: true,
  maxValueBytes: 4_300_000,
  tellsPrimaryKeyApart: false,
};

const open = (target: DatabaseModuleOptions, options: OpenOptions = {}): DatabaseConnection =>
  createConnection({ ...target, ...options });

export function createSqliteFileSetup(): ConnectionSetup {
  return {
    name: 'sqlite file',
    protocol: 'file',
    capabilities,
    start: none,
    async open(options) {
      const { url } = await createTempDatabase();
      return open({ url }, options);
    },
    stop: none,
  };
}

export function createSqliteMemorySetup(): ConnectionSetup {
  return {
    name: 'sqlite memory',
    protocol: 'file',
    capabilities: { ...capabilities, readsBesideWriter: false, durable: false },
    start: none,
    open: (options) => Promise.resolve(open({ url: ':memory:' }, options)),
    stop: none,
  };
}

export function createSqldSetup({ jwt }: { jwt: boolean }): ConnectionSetup {
  let server: SqldServer;
  return {
    name: jwt ? 'sqld with jwt' : 'sqld over http',
    protocol: 'http',
    capabilities: remoteCapabilities,
    async start() {
      server = await startSqld({ jwt });
    },
    async open(options) {
      await emptyDatabase(server.url, server.authToken);
      return open(targetOf(server.url, server.authToken), options);
    },
    stop: () => server.stop(),
  };
}

/** A database of its own for these tests: each fact begins by removing every table in it. */
export function createTursoSetup(url: string, authToken: string): ConnectionSetup {
  return {
    name: 'turso',
    protocol: 'http',
    capabilities: { ...remoteCapabilities, setsUserVersion: false },
    start: none,
    async open(options) {
      await emptyDatabase(url, authToken, false);
      return open(targetOf(url, authToken), options);
    },
    stop: none,
  };
}

const targetOf = (url: string, authToken: string | undefined): DatabaseModuleOptions =>
  authToken === undefined ? { url } : { url, authToken };
