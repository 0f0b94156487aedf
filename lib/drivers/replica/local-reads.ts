import { stat } from 'node:fs/promises';
import type { ResultSet, Row } from '@libsql/core/api';
import type BetterSqlite3 from 'better-sqlite3';
import { createDeadline, type Deadline } from '../../async/deadline.js';
import type { Reporter } from '../../contract/driver.js';
import type { Statement } from '../../contract/statement.js';
import { DatabaseError } from '../../errors/database-error.js';
import type { ResolvedOptions, ResolvedSqliteOptions } from '../../options/resolved-options.js';
import { createLocalReads } from '../sqlite/create-local-reads.js';
import { FileGuard, type FileIdentity } from '../sqlite/file-guard.js';
import type { LocalReads as SqliteReads } from '../sqlite/local-reads.js';
import { openHandle } from '../sqlite/open-handle.js';
import { SessionPool } from '../sqlite/session-pool.js';
import type { SqliteHandle } from '../sqlite/sqlite-handle.js';
import { whileBusy } from '../sqlite/while-busy.js';
import { createLostError, LocalTransaction } from './local-transaction.js';

/** The handles that read the file of a replica, and never write. A fresh file gets fresh handles. */
export class LocalReads {
  readonly #BetterSqlite: typeof BetterSqlite3;
  readonly #path: string;
  readonly #options: ResolvedOptions;
  readonly #sqlite: ResolvedSqliteOptions;
  readonly #report: Reporter;
  readonly #open = new Set<LocalTransaction>();
  #reader: SqliteHandle | undefined;
  #reads: SqliteReads | undefined;
  #sessions: SessionPool | undefined;

  constructor(BetterSqlite: typeof BetterSqlite3, path: string, options: ResolvedOptions, report: Reporter) {
    this.#report = report;
    this.#BetterSqlite = BetterSqlite;
    this.#path = path;
    this.#options = options;
    // a file that is cut while it is mapped ends the process
    this.#sqlite = { ...options.sqlite, mmapSizeMb: 0, pragmas: {} };
  }

  get waiting(): number {
    return (this.#sessions?.waiting ?? 0) + (this.#reads?.waiting ?? 0);
  }

  /** @throws DatabaseError when the file or its schema cannot be read */
  async open(deadline: Deadline): Promise<void> {
    if (this.#reader !== undefined) return;
    const reader = await this.#openHandle(deadline);
    try {
      probe(reader);
      const guard = new FileGuard(this.#path, await this.#identify(), () => reader.usesLog);
      this.#reads = createLocalReads({
        path: this.#path,
        reader,
        writer: undefined,
        guard,
        options: this.#options,
        sqlite: this.#sqlite,
        // the log of a replica is emptied by its sync
        hold: undefined,
        report: this.#report,
      });
    } catch (error) {
      reader.close();
      throw error;
    }
    this.#reader = reader;
    this.#sessions = new SessionPool(this.#options.pool.readers, (until) => this.#openHandle(until));
  }

  /**
   * Runs a statement that only reads.
   * @returns undefined when it writes, or the handles are gone
   * @throws DatabaseError
   */
  async run(statement: Statement, deadline: Deadline): Promise<ResultSet | undefined> {
    const reads = this.#reads;
    try {
      const result = await reads?.run(statement, deadline);
      // a thread may have been done with a file that was given up meanwhile
      return reads === this.#reads ? result : undefined;
    } catch (error) {
      if (reads === this.#reads) throw error;
      return undefined;
    }
  }

  /** Runs a statement that was prepared before. @returns undefined when `run` has to run it */
  runNow(statement: Statement): ResultSet | undefined {
    return this.#reads?.runNow(statement);
  }

  /** Begins a transaction that reads one snapshot. @returns undefined when the handles are gone */
  async begin(deadline: Deadline): Promise<LocalTransaction | undefined> {
    const sessions = this.#sessions;
    if (sessions === undefined) return undefined;
    const { handle, release } = await sessions.acquire('read', deadline);
    try {
      if (sessions !== this.#sessions) {
        release();
        return undefined;
      }
      const transaction = new LocalTransaction(handle, this.#options.intMode, () => {
        this.#open.delete(transaction);
        release();
      });
      await transaction.begin(deadline);
      if (sessions !== this.#sessions) {
        await transaction.rollback();
        return undefined;
      }
      this.#open.add(transaction);
      return transaction;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Reads the rows of a statement as they are taken, on a thread of its own. @throws DatabaseError */
  async *stream(statement: Statement, deadline: Deadline): AsyncGenerator<Row, void, undefined> {
    const reads = this.#reads;
    if (reads === undefined) throw createLostError();
    try {
      for await (const row of reads.stream(statement, deadline)) {
        // the rows before would be of another database than those behind
        if (reads !== this.#reads) throw createLostError();
        yield row;
      }
    } catch (error) {
      throw reads === this.#reads ? error : createLostError();
    }
  }

  /** @throws DatabaseError when the file cannot be read */
  async ping(deadline: Deadline): Promise<void> {
    await whileBusy(() => this.#reader && probe(this.#reader), deadline);
  }

  /** Ends every open transaction: what it has read belongs to a file that is given up. Never throws. */
  async close(): Promise<void> {
    const reader = this.#reader;
    const reads = this.#reads;
    const sessions = this.#sessions;
    this.#reader = this.#reads = this.#sessions = undefined;
    // first, so that a handle that comes back is closed
    sessions?.close();
    for (const transaction of [...this.#open]) await transaction.lose();
    await reads?.close(createDeadline(0));
    reader?.close();
  }

  async #identify(): Promise<FileIdentity> {
    return stat(this.#path, { bigint: true });
  }

  #openHandle(deadline: Deadline): Promise<SqliteHandle> {
    const options = { readonly: true, mustExist: true, sqlite: this.#sqlite };
    return openHandle(this.#BetterSqlite, this.#path, options, deadline);
  }
}

function probe(handle: SqliteHandle): void {
  handle.prepare('SELECT name FROM sqlite_schema LIMIT 1').prepared.get();
}

/** The schema holds something that only libSQL knows, such as `RANDOM ROWID`: every local read fails, and a new file would too. */
export function isUnreadableSchema(error: unknown): boolean {
  return error instanceof DatabaseError && /malformed database schema/i.test(error.message);
}

/** The file is no database any more, or parts of it are gone. */
export function isBrokenFile(error: unknown): boolean {
  if (!(error instanceof DatabaseError) || isUnreadableSchema(error)) return false;
  return /^(FILE_MOVED|SQLITE_(CORRUPT|NOTADB|IOERR|CANTOPEN))/.test(error.code);
}

/** SQLite refused the statement: perhaps only this SQLite, or only this copy. A mistake of the caller is refused by the primary too. */
export function isForPrimary(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  if (error.code === 'REPLICA_MOVED' || error.code === 'FILE_MOVED') return true;
  if (!error.code.startsWith('SQLITE_')) return false;
  return error.code !== 'SQLITE_BUSY' && error.code !== 'SQLITE_READONLY';
}
