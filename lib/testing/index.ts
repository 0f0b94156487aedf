export { createTestDatabase } from './create-test-database.js';
export { startLibsqlServer } from './start-libsql-server.js';
export type { LibsqlServer, LibsqlServerOptions } from './libsql-server.js';
export type { TokenClaims } from './server/jwt-key.js';
