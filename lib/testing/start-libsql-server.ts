import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../errors/configuration-error.js';
import type { LibsqlServer, LibsqlServerOptions } from './libsql-server.js';
import { findFreePort } from './server/find-free-port.js';
import { findSqld } from './server/find-sqld.js';
import { createJwtKey, type JwtKey } from './server/jwt-key.js';
import { Namespaces } from './server/namespaces.js';
import { ServerProcess } from './server/server-process.js';

/** Somebody else may take a free port before the server does. */
const maxStarts = 5;

/**
 * Starts a real libSQL server for tests, empty, on a free port of 127.0.0.1. It reads no environment.
 *
 * ```ts
 * await using server = await startLibsqlServer({ jwt: true });
 * const connection = createConnection({ url: server.url, authToken: server.authToken });
 * ```
 * @throws ConfigurationError when there is no server for this platform, or it could not be fetched
 * @throws Error with what the server printed, when it does not start
 */
export async function startLibsqlServer(options: LibsqlServerOptions = {}): Promise<LibsqlServer> {
  const { replicas: count = 0, ...others } = options;
  const key = createJwtKey();
  if (count === 0) return startServer(others, key, [], []);
  if (others.namespaces) throw new ConfigurationError('A server has namespaces or replicas, not both');
  const grpc = `127.0.0.1:${await findFreePort()}`;
  const replicas: LibsqlServer[] = [];
  const primary = await startServer(others, key, ['--grpc-listen-addr', grpc], replicas);
  return withStop(
    () => primary.stop(),
    async () => {
      const shared = { jwt: options.jwt, binary: options.binary, args: options.args };
      const args = ['--primary-grpc-url', `http://${grpc}`];
      for (let n = 0; n < count; n++) replicas.push(await startServer(shared, key, args, []));
      return primary;
    },
  );
}

async function startServer(
  options: Omit<LibsqlServerOptions, 'replicas'>,
  key: JwtKey,
  replication: readonly string[],
  replicas: readonly LibsqlServer[],
): Promise<LibsqlServer> {
  const { jwt = false, namespaces: names, args: furtherArgs = [] } = options;
  const binary = await findSqld({ binary: options.binary });
  const folder = await mkdtemp(join(tmpdir(), 'libsql-server-'));
  const dataDir = options.dataDir ?? join(folder, 'data');
  const adminPort = names && (await findFreePort());
  const keyFile = join(folder, 'jwt.pem');
  await writeFile(keyFile, key.publicKey);
  const args = [
    ...['--db-path', dataDir, '--no-welcome'],
    ...(jwt ? ['--auth-jwt-key-file', keyFile] : []),
    ...(adminPort ? ['--enable-namespaces', '--admin-listen-addr', `127.0.0.1:${adminPort}`] : []),
    ...[...replication, ...furtherArgs],
  ];
  const clean = () => rm(folder, { recursive: true, force: true });
  const life = await withStop(clean, () => openOnFreePort(options.port, binary, args));
  const namespaces = new Namespaces(life.port, adminPort);

  const stop = async (): Promise<void> => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    namespaces.close();
    await life.end();
    await clean();
  };
  const server: LibsqlServer = {
    url: `http://127.0.0.1:${life.port}`,
    port: life.port,
    dataDir,
    replicas,
    authToken: jwt ? key.signToken({ a: 'rw' }) : undefined,
    get pid() {
      return life.pid;
    },
    signToken: (claims) => key.signToken(claims),
    createNamespace: (name) => namespaces.create(name),
    namespaceUrl: (name) => namespaces.urlOf(name),
    kill: (signal) => life.kill(signal),
    restart: () => life.restart(),
    logs: () => life.logs(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return withStop(stop, async () => {
    for (const name of names ?? []) await namespaces.create(name);
    return server;
  });
}

async function openOnFreePort(
  asked: number | undefined,
  binary: string,
  args: readonly string[],
): Promise<ServerProcess> {
  for (let start = 1; ; start++) {
    const port = asked ?? (await findFreePort());
    try {
      return await ServerProcess.open(binary, [...args, '--http-listen-addr', `127.0.0.1:${port}`], port);
    } catch (error) {
      const isTaken = error instanceof Error && error.message.includes('Address already in use');
      if (!isTaken || asked !== undefined || start === maxStarts) throw error;
    }
  }
}

/** Goes on with something that was started; when that fails, it is stopped. */
async function withStop<T>(stop: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await stop();
    throw error;
  }
}
