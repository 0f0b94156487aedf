import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type DatabaseConnection, type DatabaseModuleOptions } from '../../lib/index.js';
import { emptyDatabase } from '../contract/setups/empty-database.js';
import type { SqldServer } from '../support/sqld-server.js';
import { createTempDatabase } from '../support/temp-database.js';
import type { Contents } from './check-run.js';
import { schema, type ModelRow } from './serial-model.js';

/** A database with the tables of the model, and the connections to it. */
export interface ModelRoom {
  readonly connections: readonly DatabaseConnection[];
  /** Empties the tables. */
  empty(): Promise<void>;
  read(): Promise<Contents>;
  /** @throws Error when a gate, a stream or a transaction was not given back */
  assertUsable(): Promise<void>;
  close(): Promise<void>;
}

/** Enough runs for everybody: a lost race must not end a schedule. */
const options: DatabaseModuleOptions = { maxAttempts: 100, shutdownTimeoutMs: 100 };

export async function openFileRoom(connections = 1): Promise<ModelRoom> {
  const { url } = await createTempDatabase();
  const open = () => createConnection({ url, sqlite: { synchronous: 'normal' }, ...options });
  return createRoom(Array.from({ length: connections }, open));
}

export async function openMemoryRoom(): Promise<ModelRoom> {
  return createRoom([createConnection({ url: ':memory:', ...options })]);
}

export async function openSqldRoom(server: SqldServer): Promise<ModelRoom> {
  await emptyDatabase(server.url, undefined);
  return createRoom([createConnection({ url: server.url, ...options })]);
}

async function createRoom(connections: readonly DatabaseConnection[]): Promise<ModelRoom> {
  const [first] = connections as [DatabaseConnection];
  await first.migrate([...schema]);
  return {
    connections,
    async empty() {
      await first.batch(['DELETE FROM items', 'DELETE FROM log'], 'write');
    },
    async read() {
      const [items, log] = await first.batch(
        ['SELECT id, k, n, op FROM items ORDER BY id', 'SELECT entry FROM log ORDER BY seq'],
        'read',
      );
      return {
        rows: (items?.rows ?? []).map(({ id, k, n, op }) => ({ id, k, n, op }) as unknown as ModelRow),
        log: (log?.rows ?? []).map(({ entry }) => entry as string),
      };
    },
    async assertUsable() {
      for (const connection of connections) await assertUsable(connection);
    },
    async close() {
      for (const connection of connections) await connection.close();
    },
  };
}

const undone = new Error('undone');

async function assertUsable(connection: DatabaseConnection): Promise<void> {
  await assertIdle(connection);
  for (const mode of ['write', 'deferred'] as const) {
    const call = connection.withTransaction(
      async (tx) => {
        await tx.execute("INSERT INTO items (k, n, op) VALUES ('usable', 1, 'usable')");
        throw undone;
      },
      { mode, timeoutMs: 2_000, maxAttempts: 1 },
    );
    await call.catch((error: unknown) => {
      if (error !== undone) throw new Error(`the connection is not usable afterwards: ${String(error)}`);
    });
  }
}

/** A transaction that was closed without waiting may still be on its way out. */
async function assertIdle(connection: DatabaseConnection): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const { inFlight, waiting } = connection.status();
    if (inFlight === 0 && waiting === 0) return;
    await sleep(10);
  }
  throw new Error(`calls are left behind: ${JSON.stringify(connection.status())}`);
}
