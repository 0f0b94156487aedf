import { createConnection, type DatabaseConnection, type DatabaseModuleOptions } from '../../../lib/index.js';
import type { LibsqlServerOptions } from '../../../lib/testing/index.js';
import { startFaultProxy, type FaultProxy } from '../../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';

/** A connection whose way to a real server can be broken, and a second way that cannot. */
export interface FaultRoom {
  readonly server: SqldServer;
  readonly proxy: FaultProxy;
  /** Opened already, so that faults meet the first call of a fact. */
  readonly db: DatabaseConnection;
  /** What is in the table, read past the proxy. */
  names(): Promise<unknown[]>;
  close(): Promise<void>;
}

const short: DatabaseModuleOptions = { connectTimeoutMs: 500, queryTimeoutMs: 1_500, shutdownTimeoutMs: 100 };

/** An empty table `books (name)` behind a fresh proxy. */
export async function openRoom(server: SqldServer, options: DatabaseModuleOptions = {}): Promise<FaultRoom> {
  const token = server.authToken === undefined ? {} : { authToken: server.authToken };
  const direct = createConnection({ url: server.url, ...token });
  await direct.migrate(['DROP TABLE IF EXISTS books', 'CREATE TABLE books (name TEXT)']);
  const proxy = await startFaultProxy(server.url);
  const db = createConnection({ url: proxy.url, ...token, ...short, ...options });
  await db.open();
  return {
    server,
    proxy,
    db,
    names: async () =>
      (await direct.execute('SELECT name FROM books ORDER BY rowid')).rows.map(({ name }) => name),
    async close() {
      await db.close();
      await direct.close();
      await proxy.close();
    },
  };
}

/** A room with a server of its own, for facts that hold or stop it. */
export async function openOwnRoom(
  options: DatabaseModuleOptions = {},
  sqld: LibsqlServerOptions = {},
): Promise<FaultRoom> {
  const server = await startSqld(sqld);
  const room = await openRoom(server, options);
  return {
    ...room,
    async close() {
      await room.close();
      await server.stop();
    },
  };
}

/** How long a call took until it settled, in milliseconds. */
export async function timeOf(call: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await call.catch(() => undefined);
  return performance.now() - start;
}
