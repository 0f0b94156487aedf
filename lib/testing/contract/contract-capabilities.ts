import type { ContractCapabilities } from './contract-setup.js';

/** A SQLite file through better-sqlite3. */
export const sqliteFileCapabilities: ContractCapabilities = {
  readsBesideWriter: true,
  stealsWriteLock: false,
  overNetwork: false,
  durable: true,
  maxValueBytes: 1_000_000_000,
  bindsIntegersAsIntegers: true,
  namesClosedClient: true,
  rejectsSync: true,
  hasReplica: false,
  commitsBesideReader: true,
  tellsPrimaryKeyApart: true,
  setsUserVersion: true,
};

/** `:memory:`. */
export const sqliteMemoryCapabilities: ContractCapabilities = {
  ...sqliteFileCapabilities,
  readsBesideWriter: false,
  durable: false,
};

/** A libSQL server (sqld) over HTTP. */
export const libsqlServerCapabilities: ContractCapabilities = {
  ...sqliteFileCapabilities,
  stealsWriteLock: true,
  overNetwork: true,
  maxValueBytes: 4_300_000,
  tellsPrimaryKeyApart: false,
};

/** A database of Turso Cloud. */
export const tursoCapabilities: ContractCapabilities = {
  ...libsqlServerCapabilities,
  setsUserVersion: false,
};
