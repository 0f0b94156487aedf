import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../lib/contract/driver.js';
import { createResolvedConnection } from '../../lib/database/create-connection.js';
import { createConnection, type DatabaseConnection, type DatabaseModuleOptions } from '../../lib/index.js';
import { createOptionsEnvironment } from '../../lib/options/options-environment.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { emptyDatabase } from '../../lib/testing/index.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createTempDatabase } from '../support/temp-database.js';
import { createTempFolder } from '../support/temp-folder.js';

/** A primary, and somebody else who writes to it. */
export interface PrimaryRoom {
  server: SqldServer;
  other: DatabaseConnection;
}

/** Gives the tests of a file one primary, with nothing but this in it at the beginning of each. */
export function usePrimary(statements: string[]): PrimaryRoom {
  const room = {} as PrimaryRoom;

  beforeAll(async () => {
    room.server = await startSqld();
    room.other = createConnection({ url: room.server.url });
  });

  beforeEach(async () => {
    await emptyDatabase(room.other);
    await room.other.migrate(statements);
  });

  afterAll(async () => {
    await room.other.close();
    await room.server.stop();
  });

  return room;
}

/** Gives each test a primary of its own with this in it, and a proxy in front of it. */
export function useOwnPrimary(
  statements: string[],
  args: string[] = [],
): PrimaryRoom & { proxy: FaultProxy } {
  const room = {} as PrimaryRoom & { proxy: FaultProxy };

  beforeEach(async () => {
    room.server = await startSqld({ args });
    room.proxy = await startFaultProxy(room.server.url);
    const direct = createConnection({ url: room.server.url });
    await direct.migrate(statements);
    await direct.close();
    room.other = createConnection({ url: room.server.url });
  });

  afterEach(async () => {
    await room.other.close();
    await room.proxy.close();
    await room.server.stop();
  });

  return room;
}

/**
 * Before anybody reads its log: a primary that was asked to end waits for him.
 * @returns brings back what the primary has now
 */
export async function backUpPrimary(server: SqldServer): Promise<() => Promise<void>> {
  const backup = await createTempFolder('backup');
  await server.kill('SIGTERM');
  await cp(server.dataDir, backup, { recursive: true });
  await server.restart();
  return async () => {
    await server.kill('SIGKILL');
    await rm(server.dataDir, { recursive: true });
    await cp(backup, server.dataDir, { recursive: true });
    await server.restart();
  };
}

/** A connection with a replica, closed by `await using`. */
export type ReplicaConnection = DatabaseConnection &
  AsyncDisposable & { readonly path: string; readonly reports: readonly string[] };

export interface ReplicaTestOptions extends Omit<DatabaseModuleOptions, 'replica'> {
  /** @default a fresh folder */
  readonly path?: string;
  readonly syncIntervalMs?: number;
  readonly maxStalenessMs?: number;
}

/** Opens a connection with a replica that syncs twice a second. */
export async function openReplica(url: string, options: ReplicaTestOptions = {}): Promise<ReplicaConnection> {
  const { path = await newPath(), syncIntervalMs = 500, maxStalenessMs = 60_000, ...others } = options;
  const replica = { path, syncIntervalMs, maxStalenessMs };
  const reports: string[] = [];
  const resolved = resolveOptions({ url, replica, ...others }, createOptionsEnvironment(undefined));
  const connection = createResolvedConnection(resolved, ({ code }: Report) => reports.push(code));
  const close = (): Promise<void> => connection.close();
  await connection.open().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return Object.assign(connection, { path, reports, [Symbol.asyncDispose]: close });
}

/** Where no replica stands yet. */
export async function newPath(): Promise<string> {
  const { path } = await createTempDatabase('replica.db');
  return path;
}

/** Process ids of the children of this process that sync. */
export function syncChildren(parent = process.pid): number[] {
  const listing = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return listing
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, ppid, ...args]) => Number(ppid) === parent && args.join(' ').includes('sync.child.js'))
    .map(([pid]) => Number(pid));
}

/** Asks again and again until it is so; when the time is over the last answer is left to the test. */
export async function until<T>(
  ask: () => T | Promise<T>,
  isSo: (answer: T) => boolean,
  patienceMs = 20_000,
): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (isSo(answer) || performance.now() > end) return answer;
    await sleep(50);
  }
}

/** Waits until the replica is in this state. */
export async function untilState(connection: DatabaseConnection, state: string): Promise<void> {
  const found = await until(
    () => connection.status().replica?.state,
    (now) => now === state,
  );
  if (found !== state) throw new Error(`the replica is ${found}, not ${state}`);
}

/** What a statement answers, and who has answered it. */
export async function readFrom(
  connection: DatabaseConnection,
  sql: string,
  consistency: 'read-your-writes' | 'replica' = 'read-your-writes',
): Promise<{ value: unknown; isLocal: boolean }> {
  const before = connection.status().replica?.localReads ?? 0;
  const { rows } = await connection.execute({ sql, consistency });
  return { value: rows[0]?.[0 as never], isLocal: (connection.status().replica?.localReads ?? 0) > before };
}

/** The same by the replica: on a busy machine a read of own writes may not wait long enough for it. */
export function untilLocal(
  connection: DatabaseConnection,
  sql: string,
): Promise<{ value: unknown; isLocal: boolean }> {
  return until(
    () => readFrom(connection, sql),
    ({ isLocal }) => isLocal,
  );
}
