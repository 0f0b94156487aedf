export { createTestDatabase } from './create-test-database.js';
export { emptyDatabase } from './empty-database.js';
export { startLibsqlServer } from './start-libsql-server.js';
export type { LibsqlServer, LibsqlServerOptions } from './libsql-server.js';
export type { TokenClaims } from './server/jwt-key.js';
export { describeConnectionContract } from './contract/connection-contract.js';
export { describeClientContract } from './contract/client-contract.js';
export type { ContractCapabilities, ContractSetup, OpenOptions } from './contract/contract-setup.js';
export type { ContractExpect, ContractMatchers, ContractRunner } from './contract/contract-runner.js';
export {
  libsqlServerCapabilities,
  sqliteFileCapabilities,
  sqliteMemoryCapabilities,
  tursoCapabilities,
} from './contract/contract-capabilities.js';
