import { resolve } from 'node:path';
import { checkFile } from './doctor/check-file.js';
import { checkServer } from './doctor/check-server.js';
import type { Finding } from './doctor/finding.js';
import { openServer } from './open-server.js';
import { assertPath } from './resolve-transfer-options.js';
import { assertFile } from './source/take-snapshot.js';
import type { TransferTarget } from './transfer-options.js';

/** What was found at one database. */
export interface Diagnosis {
  /** Path, or host and port. */
  readonly database: string;
  readonly findings: readonly Finding[];
}

/**
 * Looks at a SQLite file or a server before a transfer or a backup; writes nothing. A file is read in this thread.
 * @throws DatabaseError when there is no file, ConfigurationError for an address that is no server's
 */
export async function checkDatabase(
  database: string | TransferTarget,
  signal?: AbortSignal,
): Promise<Diagnosis> {
  if (typeof database === 'string') {
    assertPath(database);
    const path = resolve(database);
    await assertFile(path);
    return { database: path, findings: await checkFile(path) };
  }
  const server = openServer(database, signal);
  try {
    return { database: server.options.target.location, findings: await checkServer(server) };
  } finally {
    server.close();
  }
}
