import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import type BetterSqlite3 from 'better-sqlite3';
import type { Deadline } from '../../async/deadline.js';
import type { DriverConnection } from '../../contract/connection.js';
import type { Driver, DriverCapabilities, Reporter } from '../../contract/driver.js';
import { DatabaseError } from '../../errors/database-error.js';
import { prepareSqlitePath } from '../../options/check-sqlite-path.js';
import type { ResolvedOptions, ResolvedSqliteTarget } from '../../options/resolved-options.js';
import { joinWriteGate, leaveWriteGate } from '../write-gates.js';
import { Checkpointer } from './checkpointer.js';
import { createLocalReads, createThreadSettings } from './create-local-reads.js';
import { joinDatabaseFile, type DatabaseFile } from './database-file.js';
import { FileGuard } from './file-guard.js';
import { loadBetterSqlite3 } from './load-better-sqlite3.js';
import type { LocalReads } from './local-reads.js';
import { LogHold } from './log-hold.js';
import { openHandle } from './open-handle.js';
import { SessionPool } from './session-pool.js';
import { SlowWrites } from './slow-writes.js';
import { SqliteConnection, type SqliteHandles } from './sqlite-connection.js';
import type { SqliteHandle } from './sqlite-handle.js';

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
  readonly #report: Reporter;

  constructor(target: ResolvedSqliteTarget, options: ResolvedOptions, report: Reporter) {
    const inMemory = target.path === ':memory:';
    this.#target = target;
    this.#options = options;
    this.#report = report;
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
    const existing = await joinDatabaseFile(path, deadline);
    const file = existing ?? (await this.#createFile(BetterSqlite, deadline));
    const handles = await this.#openHandles(BetterSqlite, file, deadline).catch((error: unknown) => {
      file.leave();
      throw error;
    });
    return this.#connect(file.databaseKey, handles, () => {
      if (file.leave() && temporary) removeDatabase(path);
    });
  }

  /** SQLite creates it, with what holds only for a file that nothing was written to. */
  async #createFile(BetterSqlite: typeof BetterSqlite3, deadline: Deadline): Promise<DatabaseFile> {
    const { path } = this.#target;
    const options = { readonly: false, mustExist: false, sqlite: this.#options.sqlite };
    const first = await openHandle(BetterSqlite, path, options, deadline);
    try {
      const file = await joinDatabaseFile(path, deadline);
      if (file === undefined) throw createVanishedError(path);
      return file;
    } finally {
      first.close();
    }
  }

  async #openMemory(BetterSqlite: typeof BetterSqlite3, deadline: Deadline): Promise<DriverConnection> {
    const options = { readonly: false, mustExist: false, sqlite: this.#options.sqlite };
    const writer = await openHandle(BetterSqlite, ':memory:', options, deadline);
    const none = {
      reader: undefined,
      sessions: undefined,
      reads: undefined,
      slowWrites: undefined,
      guard: undefined,
    };
    const handles = { writer, ...none };
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
    file: DatabaseFile,
    deadline: Deadline,
  ): Promise<SqliteHandles> {
    const { path, identity } = file;
    const { sqlite, pool: places } = this.#options;
    // a file that was removed since must not come back empty
    const options = { readonly: !(await isWritable(path)), mustExist: true, sqlite };
    const writer = await openHandle(BetterSqlite, path, options, deadline);
    const guard = new FileGuard(path, identity, () => writer.usesLog);
    const open = async (readonly: boolean, until: Deadline): Promise<SqliteHandle> => {
      guard.assertInPlace('not-applied');
      const handle = await openHandle(BetterSqlite, path, { ...options, readonly }, until);
      try {
        guard.assertInPlace('not-applied');
        return handle;
      } catch (error) {
        handle.close();
        throw error;
      }
    };
    try {
      const reader = await open(true, deadline);
      const sessions = new SessionPool(places.readers, (until) => open(options.readonly, until));
      const { reads, slowWrites } = this.#createThreads({ reader, writer }, file, guard, options.readonly);
      return { writer, reader, sessions, reads, slowWrites, guard };
    } catch (error) {
      writer.close();
      throw error;
    }
  }

  #createThreads(
    handles: { readonly reader: SqliteHandle; readonly writer: SqliteHandle },
    { path, databaseKey }: DatabaseFile,
    guard: FileGuard,
    readonly: boolean,
  ): Pick<SqliteHandles, 'slowWrites'> & { readonly reads: LocalReads } {
    const options = this.#options;
    const report = this.#report;
    const settings = createThreadSettings(path, false, options.sqlite, options.intMode);
    const assertInPlace = (): void => guard.assertInPlace('not-applied');
    const checkpointer = new Checkpointer(settings, assertInPlace);
    const hold =
      handles.writer.usesLog && !readonly
        ? new LogHold({ path, databaseKey, checkpointer, report })
        : undefined;
    const reads = createLocalReads({
      path,
      ...handles,
      guard,
      options,
      sqlite: options.sqlite,
      hold,
      report,
    });
    return { reads, slowWrites: readonly ? undefined : new SlowWrites(settings, assertInPlace) };
  }
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
