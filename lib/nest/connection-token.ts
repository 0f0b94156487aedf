import type { InjectionToken } from '@nestjs/common';
import { DatabaseConnection } from '../database/database-connection.js';
import { resolveName } from '../options/resolve-name.js';

/**
 * The token of a connection: the class `DatabaseConnection` for the default one. A named one has a symbol of the global registry, so
 * that two copies of this package in one app agree on it, and no string that another database module could use too.
 * @throws ConfigurationError for an empty or unusable name
 */
export function getConnectionToken(name?: string): InjectionToken<DatabaseConnection> {
  const resolved = resolveName(name);
  return resolved === undefined ? DatabaseConnection : Symbol.for(`nestjs-turso.connection.${resolved}`);
}
