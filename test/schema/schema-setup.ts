import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDeadline } from '../../lib/async/deadline.js';
import type { DriverConnection } from '../../lib/contract/connection.js';
import type { DriverCapabilities, Report } from '../../lib/contract/driver.js';
import type { SqlValue } from '../../lib/contract/value.js';
import { openDatabase } from '../../lib/database/open-database.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { DatabaseError } from '../../lib/errors/database-error.js';
import { applyMigrations } from '../../lib/schema/apply-migrations.js';
import type { MigrationPace } from '../../lib/schema/migration-pace.js';
import { emptyDatabase } from '../contract/setups/empty-database.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createTempDatabase } from '../support/temp-database.js';
import { createTempFolder } from '../support/temp-folder.js';

/** The waits of instances for each other, made short. */
export const shortPace: MigrationPace = {
  pollMs: 40,
  patienceMs: 1_000,
  leaseWriteMs: 1_000,
  confirmMs: 500,
};

/** A folder of migrations, by file name. */
export class MigrationFolder {
  private constructor(readonly directory: string) {}

  static async create(files: Record<string, string | Uint8Array> = {}): Promise<MigrationFolder> {
    const folder = new MigrationFolder(await createTempFolder('migrations'));
    for (const [name, content] of Object.entries(files)) await folder.write(name, content);
    return folder;
  }

  write(name: string, content: string | Uint8Array): Promise<void> {
    return writeFile(join(this.directory, name), content);
  }

  remove(name: string): Promise<void> {
    return rm(join(this.directory, name));
  }

  link(target: string, name: string): Promise<void> {
    return symlink(target, join(this.directory, name));
  }

  async createFolder(name: string): Promise<void> {
    await mkdir(join(this.directory, name));
  }
}

export interface ApplyOptions {
  readonly run?: 'on-boot' | 'check';
  readonly migrationTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly pace?: MigrationPace;
}

/** A connection of its own, as one instance of an app has it. */
export interface Instance {
  readonly connection: DriverConnection;
  readonly capabilities: DriverCapabilities;
  readonly reports: Report[];
  readonly apply: (folder: MigrationFolder, options?: ApplyOptions) => Promise<readonly string[]>;
  /** Runs one statement; its rows as lists. */
  readonly query: (sql: string, args?: readonly SqlValue[]) => Promise<unknown[][]>;
  readonly close: () => Promise<void>;
}

export async function openInstance(url: string): Promise<Instance> {
  const reports: Report[] = [];
  const report = (entry: Report): void => void reports.push(entry);
  const environment = { read: () => undefined, nodeEnv: 'test', cwd: process.cwd() };
  const options = resolveOptions({ url }, environment);
  const { driver, connection } = await openDatabase(options, report, createDeadline(10_000));
  const { capabilities } = driver;
  return {
    connection,
    capabilities,
    reports,
    apply: ({ directory }, { run = 'on-boot', migrationTimeoutMs = 20_000, signal, pace } = {}) => {
      const context = { capabilities, migrationTimeoutMs, signal: signal ?? new AbortController().signal };
      return applyMigrations(connection, { directory, run }, { ...context, report }, pace);
    },
    query: async (sql, args = []) => {
      const { rows } = await connection.execute({ sql, args }, createDeadline(10_000));
      return rows.map((row) => Array.from(row as unknown as ArrayLike<unknown>));
    },
    close: () => connection.close(createDeadline(1_000)),
  };
}

/** What a call fails with. */
export async function errorOf(call: Promise<unknown>): Promise<DatabaseError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DatabaseError) return error;
  throw new Error(`expected a DatabaseError, got ${String(error)}`);
}

/** One kind of database on which the facts run. */
export interface SchemaSetup {
  readonly name: string;
  /** Several instances can open the same database. */
  readonly shared: boolean;
  start(): Promise<void>;
  /** Where an empty database is. */
  createUrl(): Promise<string>;
  stop(): Promise<void>;
}

const nothing = (): Promise<void> => Promise.resolve();

export const schemaSetups: readonly SchemaSetup[] = [
  {
    name: 'sqlite file',
    shared: true,
    start: nothing,
    createUrl: async () => (await createTempDatabase()).url,
    stop: nothing,
  },
  { name: 'sqlite memory', shared: false, start: nothing, createUrl: async () => ':memory:', stop: nothing },
  createSqldSetup(),
];

function createSqldSetup(): SchemaSetup {
  let server: SqldServer;
  return {
    name: 'sqld',
    shared: true,
    async start() {
      server = await startSqld();
    },
    async createUrl() {
      await emptyDatabase(server.url, undefined);
      return server.url;
    },
    stop: () => server.stop(),
  };
}
