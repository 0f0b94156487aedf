import type { Report, Reporter } from '../contract/driver.js';
import type { DatabaseModuleOptions } from '../options/database-module-options.js';
import { createOptionsEnvironment } from '../options/options-environment.js';
import { resolveOptions } from '../options/resolve-options.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { DatabaseConnection } from './database-connection.js';

/**
 * Creates a connection without Nest. No I/O happens before its first use (or `open()`). Options left out are read from the
 * environment, then from the defaults. Warnings go to `process.emitWarning`.
 * @throws ConfigurationError at once, with libSQL's code where one exists
 */
export function createConnection(options: DatabaseModuleOptions = {}): DatabaseConnection {
  return createResolvedConnection(resolveOptions(options, createOptionsEnvironment(undefined)));
}

/** Creates a connection from options that are resolved already. */
export function createResolvedConnection(
  options: ResolvedOptions,
  report: Reporter = emitWarning,
): DatabaseConnection {
  return new DatabaseConnection(options, report);
}

function emitWarning({ level, code, message }: Report): void {
  if (level === 'warning') process.emitWarning(message, { type: 'DatabaseWarning', code });
}
