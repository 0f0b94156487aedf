import { createConnection, type DatabaseConnection, type DatabaseModuleOptions } from '../../../lib/index.js';
import {
  libsqlServerCapabilities,
  tursoCapabilities,
  type ContractCapabilities,
  type ContractSetup,
} from '../../../lib/testing/index.js';
import { startSqld } from '../../support/sqld-server.js';
import { startTlsProxy } from '../../support/tls-proxy.js';
import { emptyDatabase } from './empty-database.js';

/** Where a connection finds its database. */
interface Target {
  readonly options: DatabaseModuleOptions & { readonly url: string };
  /** A way past what is tried, to the same database. */
  readonly plainUrl: string;
  readonly authToken: string | undefined;
  stop(): Promise<void>;
}

export function createSqldSetup(): ContractSetup<DatabaseConnection> {
  return createServerSetup('sqld over http', async () => {
    const { url, stop } = await startSqld();
    return { options: { url }, plainUrl: url, authToken: undefined, stop };
  });
}

/** What is nearest to Turso on any machine: a token, and TLS with a certificate that is not known to the system. */
export function createSqldTlsSetup(): ContractSetup<DatabaseConnection> {
  return createServerSetup('sqld over https with jwt', async () => {
    const server = await startSqld({ jwt: true });
    const proxy = await startTlsProxy(server.url);
    const stop = async (): Promise<void> => {
      await proxy.close();
      await server.stop();
    };
    const { authToken } = server;
    const options = { url: proxy.url, authToken: () => authToken ?? '', tls: { ca: proxy.ca } };
    return { options, plainUrl: server.url, authToken, stop };
  });
}

export function createSqldNamespaceSetup(): ContractSetup<DatabaseConnection> {
  return createServerSetup('sqld with a namespace and jwt', async () => {
    const { authToken, namespaceUrl, stop } = await startSqld({ jwt: true, namespaces: ['orders'] });
    const url = namespaceUrl('orders');
    return { options: { url, authToken }, plainUrl: url, authToken, stop };
  });
}

/** A database of its own for these tests: each fact begins by removing every table in it. */
export function createTursoSetup(url: string, authToken: string): ContractSetup<DatabaseConnection> {
  const stop = (): Promise<void> => Promise.resolve();
  const target: Target = { options: { url, authToken }, plainUrl: url, authToken, stop };
  return createServerSetup('turso', () => Promise.resolve(target), tursoCapabilities);
}

function createServerSetup(
  name: string,
  start: () => Promise<Target>,
  capabilities: ContractCapabilities = libsqlServerCapabilities,
): ContractSetup<DatabaseConnection> {
  let target: Target;
  return {
    name,
    capabilities,
    async start() {
      target = await start();
    },
    async open(options) {
      await emptyDatabase(target.plainUrl, target.authToken);
      return createConnection({ ...target.options, ...options });
    },
    stop: () => target.stop(),
  };
}
