import type { Reporter } from '../contract/driver.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { applyMigrations } from '../schema/apply-migrations.js';
import { ConfigurationError } from '../errors/configuration-error.js';
import type { OpenedDatabase } from './open-database.js';

/**
 * Brings the schema up to date, or refuses to go on while it is not.
 * @returns the names of the files that this call applied
 * @throws DatabaseError, ConfigurationError
 */
export async function migrateDatabase(
  { driver, connection }: OpenedDatabase,
  { migrations, migrationTimeoutMs }: ResolvedOptions,
  report: Reporter,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (migrations === undefined) {
    throw new ConfigurationError('no migrations are set up: set the option "migrations.directory"');
  }
  const { capabilities } = driver;
  const applied = await applyMigrations(connection.replica?.primary ?? connection, migrations, {
    capabilities,
    migrationTimeoutMs,
    signal,
    report,
  });
  if (applied.length > 0) {
    report({ level: 'info', code: 'MIGRATIONS_APPLIED', message: `applied ${applied.join(', ')}` });
  }
  return applied;
}
