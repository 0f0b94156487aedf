import { randomUUID } from 'node:crypto';
import { access, constants, rm, stat } from 'node:fs/promises';
import type BetterSqlite3 from 'better-sqlite3';
import type { Deadline } from '../../async/deadline.js';
import type { DriverConnection } from '../../contract/connection.js';
import type { Driver, DriverCapabilities } from '../../contract/driver.js';
import { prepareSqlitePath } from '../../options/check-sqlite-path.js';
import type { ResolvedOptions, ResolvedSqliteTarget } from '../../options/resolved-options.js';
import { joinWriteGate, leaveWriteGate } from '../write-gates.js';
import { loadBetterSqlite3 } from './load-better-sqlite3.js';
import { openHandle } from './open-handle.js';
import { SessionPool } from './session-pool.js';
import { SqliteConnection, type SqliteHandles } from './sqlite-connection.js';

/** SQLite's own limit on a string or blob (SQLITE_MAX_LENGTH of better-sqlite3's build is the default). */
const maxValueBytes = 1_000_000_000;

/** Opens SQLite files and memory databases with better-sqlite3. */
export class SqliteDriver implements Driver {
  readonly backend = 'sqlite';
  readonly protocol = 'file';
  readonly capabilities: DriverCapabilities;
  readonly location: string;
  readonly #target: ResolvedSqliteTarget;
  readonly #options: ResolvedOptions;

  constructor(target: ResolvedSqliteTarget, options: ResolvedOptions) {
    const inMemory = target.path === ':memory:';
    this.#target = target;
    this.#options = options;
    this.location = target.location;
    this.capabilities = {
      readsBesideWriter: !inMemory,
      stealsWriteLock: false,
      overNetwork: false,
      durable: !inMemory,
      maxValueBytes,
    };
  }

  async open(deadline: Deadline): Promise<DriverConnection> {
    const BetterSqlite = await loadBetterSqlite3();
    await prepareSqlitePath(this.#target);
    const handles = await this.#openHandles(BetterSqlite, deadline);
    const databaseKey = await this.#identify();
    const gate = joinWriteGate(databaseKey);
    return new SqliteConnection(databaseKey, handles, gate, this.#options.intMode, async () => {
      leaveWriteGate(databaseKey);
      if (this.#target.temporary) await removeDatabase(this.#target.path);
    });
  }

  async #openHandles(BetterSqlite: typeof BetterSqlite3, deadline: Deadline): Promise<SqliteHandles> {
    const { path } = this.#target;
    const { sqlite, pool } = this.#options;
    const readonly = path !== ':memory:' && !(await isWritable(path));
    const writer = await openHandle(BetterSqlite, path, { readonly, sqlite }, deadline);
    if (path === ':memory:') return { writer, reader: undefined, sessions: undefined };
    try {
      const reader = await openHandle(BetterSqlite, path, { readonly: true, sqlite }, deadline);
      const sessions = new SessionPool(pool.readers, (until) =>
        openHandle(BetterSqlite, path, { readonly, sqlite }, until),
      );
      return { writer, reader, sessions };
    } catch (error) {
      writer.close();
      throw error;
    }
  }

  /** Two paths may lead to one file: the device and the inode name it. */
  async #identify(): Promise<string> {
    if (this.#target.path === ':memory:') return `sqlite:memory:${randomUUID()}`;
    const { dev, ino } = await stat(this.#target.path, { bigint: true });
    return `sqlite:${dev}:${ino}`;
  }
}

async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

async function removeDatabase(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(`${path}${suffix}`, { force: true });
}
