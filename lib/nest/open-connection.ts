import { Logger } from '@nestjs/common';
import { createResolvedConnection } from '../database/create-connection.js';
import type { DatabaseConnection } from '../database/database-connection.js';
import { DatabaseError, detailsOf } from '../errors/database-error.js';
import { nameTarget } from '../options/name-target.js';
import type { ResolvedOptions } from '../options/resolved-options.js';

/**
 * Creates a connection that reports to Nest's log, and opens it unless it is lazy.
 * @throws DatabaseError naming the connection; by then everything it held is free again
 */
export async function openConnection(
  name: string | undefined,
  options: ResolvedOptions,
): Promise<DatabaseConnection> {
  const logger = new Logger('DatabaseModule');
  const label = name === undefined ? 'database' : `database "${name}"`;
  const target = nameTarget(options.target);
  const connection = createResolvedConnection(options, ({ level, message }) =>
    logger[level === 'warning' ? 'warn' : 'log'](`${label}: ${message}`),
  );
  if (options.lazy) {
    logger.log(`${label}: ${target}, opens at the first call`);
    return connection;
  }
  const start = performance.now();
  try {
    await connection.open();
  } catch (error) {
    await connection.close();
    throw explain(error, `Could not open the ${label} (${target})`);
  }
  // a degraded connection has warned already
  if (connection.status().state === 'open') {
    logger.log(`${label}: ${target}, opened in ${Math.round(performance.now() - start)} ms`);
  }
  return connection;
}

/** Configuration errors and those of the app's own hook already say what is wrong. */
function explain(error: unknown, what: string): unknown {
  if (!(error instanceof DatabaseError) || error.kind === 'configuration') return error;
  // the message begins with the code, and so will that of the new error
  const reason = error.message.replace(`${error.code}: `, '');
  return new DatabaseError(`${what}: ${reason}`, { ...detailsOf(error), cause: error });
}
