import { createResolvedConnection } from '../database/create-connection.js';
import type { DatabaseConnection } from '../database/database-connection.js';
import type { DatabaseModuleOptions } from '../options/database-module-options.js';
import { resolveOptions } from '../options/resolve-options.js';

/**
 * Opens an empty SQLite database of its own in a private temporary file, removed at `close()`. It reads no environment. Written
 * without `fsync`, it is as fast as `:memory:`, and reads beside an open transaction behave as in production.
 *
 * ```ts
 * const module = await Test.createTestingModule({ imports: [AppModule] })
 *   .overrideProvider(DatabaseConnection)
 *   .useValue(await createTestDatabase({ migrations: { directory: 'migrations' } }))
 *   .compile();
 * ```
 * @throws DatabaseError when a migration fails
 */
export async function createTestDatabase(
  options: Omit<DatabaseModuleOptions, 'url' | 'authToken'> = {},
): Promise<DatabaseConnection> {
  const environment = { read: () => undefined, nodeEnv: 'test', cwd: process.cwd() };
  const connection = createResolvedConnection(resolveOptions(options, environment));
  await connection.open();
  return connection;
}
