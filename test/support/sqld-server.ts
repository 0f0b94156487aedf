import { startLibsqlServer, type LibsqlServer, type LibsqlServerOptions } from '../../lib/testing/index.js';
import { findSqldBinary } from './sqld-binary.js';
import { createTempFolder } from './temp-folder.js';

/** The server as users start it; its data is removed at the end of the run. */
export interface SqldServer extends LibsqlServer {
  /** These exist when the server asks for a token. */
  readonly readOnlyToken: string | undefined;
  readonly expiredToken: string | undefined;
}

export async function startSqld(options: LibsqlServerOptions = {}): Promise<SqldServer> {
  const binary = await findSqldBinary();
  const server = await startLibsqlServer({ dataDir: await createTempFolder('sqld'), binary, ...options });
  const expired = { a: 'rw' as const, exp: Math.floor(Date.now() / 1000) - 3600 };
  return Object.assign(server, {
    readOnlyToken: options.jwt ? server.signToken({ a: 'ro' }) : undefined,
    expiredToken: options.jwt ? server.signToken(expired) : undefined,
  });
}
