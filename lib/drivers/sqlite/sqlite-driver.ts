import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import type BetterSqlite3 from 'better-sqlite3';
import type { Deadline } from '../../async/deadline.js';
import type { DriverConnection } from '../../contract/connection.js';
import type { Driver, DriverCapabilities } from '../../contract/driver.js';
import { DatabaseError } from '../../errors/database-error.js';
import { prepareSqlitePath } from '../../options/check-sqlite-path.js';
import type { ResolvedOptions, ResolvedSqliteTarget } from '../../options/resolved-options.js';
import { joinWriteGate, leaveWriteGate } from '../write-gates.js';
import { joinDatabaseFile, type DatabaseFile } from './database-file.js';
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
      durable: !inMemory && !target.temporary,
      maxValueBytes,
    };
  }

  async open(deadline: Deadline): Promise<DriverConnection> {
    const BetterSqlite = await loadBetterSqlite3();
    const { path, temporary } = this.#target;
    if (path === ':memory:') return this.#openMemory(BetterSqlite, deadline);
    await prepareSqlitePath(this.#target);
    const existing = await joinDatabaseFile(path);
    const handles = await this.#openHandles(BetterSqlite, existing, deadline).catch((error: unknown) => {
      existing?.leave();
      throw error;
    });
    const file = existing ?? (await joinDatabaseFile(path));
    if (file === undefined) {
      closeHandles(handles);
      throw createVanishedError(path);
    }
    return this.#connect(file.databaseKey, handles, () => {
      if (file.leave() && temporary) removeDatabase(path);
    });
  }

  async #openMemory(BetterSqlite: typeof BetterSqlite3, deadline: Deadline): Promise<DriverConnection> {
    const options = { readonly: false, mustExist: false, sqlite: this.#options.sqlite };
    const writer = await openHandle(BetterSqlite, ':memory:', options, deadline);
    const handles = { writer, reader: undefined, sessions: undefined };
    return this.#connect(`sqlite:memory:${randomUUID()}`, handles, () => undefined);
  }

  #connect(databaseKey: string, handles: SqliteHandles, onClose: () => void): SqliteConnection {
    const gate = joinWriteGate(databaseKey);
    return new SqliteConnection(databaseKey, handles, gate, this.#options.intMode, () => {
      leaveWriteGate(databaseKey);
      onClose();
    });
  }

  async #openHandles(
    BetterSqlite: typeof BetterSqlite3,
    existing: DatabaseFile | undefined,
    deadline: Deadline,
  ): Promise<SqliteHandles> {
    const { path } = existing ?? this.#target;
    const { sqlite, pool } = this.#options;
    const mustExist = existing !== undefined;
    const readonly = mustExist && !(await isWritable(path));
    const writer = await openHandle(BetterSqlite, path, { readonly, mustExist, sqlite }, deadline);
    try {
      const reading = { readonly: true, mustExist: true, sqlite };
      const reader = await openHandle(BetterSqlite, path, reading, deadline);
      // a file that was removed since must not come back empty
      const sessions = new SessionPool(pool.readers, (until) =>
        openHandle(BetterSqlite, path, { readonly, mustExist: true, sqlite }, until),
      );
      return { writer, reader, sessions };
    } catch (error) {
      writer.close();
      throw error;
    }
  }
}

function closeHandles({ writer, reader, sessions }: SqliteHandles): void {
  sessions?.close();
  reader?.close();
  writer.close();
}

function createVanishedError(path: string): DatabaseError {
  return new DatabaseError(`the database file was removed while it was being opened: ${path}`, {
    code: 'SQLITE_CANTOPEN',
    kind: 'unavailable',
    outcome: 'not-applied',
  });
}

async function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** At once, before anybody can open it again by its name. */
function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
}
