import type { Client, InArgs, InStatement, Replicated, ResultSet, Row, Transaction } from '@libsql/core/api';
import type { Reporter } from '../contract/driver.js';
import type { CallOptions, StatementInput, TransactionMode } from '../contract/statement.js';
import type { InputArgs } from '../contract/value.js';
import { createStatementRefusedError } from '../errors/usage-errors.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { callSite } from './call-site.js';
import { checkCallOptions } from './check-call-options.js';
import { ConnectionCalls } from './connection-calls.js';
import { ConnectionSession } from './connection-session.js';
import type { ConnectionStatus } from './connection-status.js';
import { ConnectionView } from './connection-view.js';
import { DatabasePreparation } from './database-preparation.js';
import type { DatabaseView } from './database-view.js';
import type { QueryResult } from './query-result.js';
import { readStatus } from './read-status.js';
import type { TransactionCallback } from './run-transaction.js';
import { runInScope } from './scope-storage.js';
import type { TransactionOptions } from './transaction-options.js';
import { backupConnection, checkBackup } from './backup-connection.js';
import type { BackupOptions } from './backup-options.js';
import { beginTransaction, withTransaction } from './with-transaction.js';

/**
 * One database, on every backend the same: a libSQL `Client` that joins open transactions, bounds every call and says of each
 * failure why it happened and what became of the statement. Created without I/O; opens itself at the first call.
 */
export class DatabaseConnection implements Client {
  readonly #options: ResolvedOptions;
  readonly #report: Reporter;
  readonly #calls: ConnectionCalls;
  readonly #view: ConnectionView;
  readonly #preparation: DatabasePreparation;

  /** @internal use `createConnection()` or inject it */
  constructor(options: ResolvedOptions, report: Reporter) {
    this.#options = options;
    this.#report = report;
    this.#preparation = new DatabasePreparation(options, report, () => options.onConnectionCreate?.(this));
    const createSession = (previous?: ConnectionSession): ConnectionSession =>
      new ConnectionSession(options, report, this.#preparation.run, previous);
    this.#calls = new ConnectionCalls(options, report, createSession);
    this.#view = this.#createView();
  }

  /** libSQL's name of the protocol: `'file'` for SQLite, `'http'` for Turso. */
  get protocol(): 'file' | 'http' {
    return this.#calls.session.target.backend === 'sqlite' ? 'file' : 'http';
  }

  /** True from `close()` on, until `reconnect()`. */
  get closed(): boolean {
    return this.#calls.session.closed;
  }

  /**
   * Opens the database now, with further attempts while it cannot be reached; `onUnavailable` decides what happens then.
   * @throws DatabaseError when it could not be opened within `bootTimeoutMs`
   */
  async open(): Promise<void> {
    await this.#calls.track(() => this.#calls.session.openAtBoot());
  }

  /**
   * Runs one statement. Inside `withTransaction` it belongs to that transaction, otherwise it commits by itself.
   * A slow one on a SQLite file leaves the event loop free only outside of transactions; a change of the schema never does.
   *
   * ```ts
   * await connection.execute('SELECT * FROM tasks WHERE id = ?', [id]);
   * await connection.execute<Task>({ sql: 'SELECT * FROM tasks WHERE done = :done', args: { done: false }, timeoutMs: 500 });
   * ```
   * @throws DatabaseError
   */
  execute<T extends object = object>(
    statement: StatementInput,
    args?: InputArgs | InArgs,
  ): Promise<QueryResult<T>> {
    return this.#view.execute<T>(statement, args);
  }

  /**
   * Reads the rows of a statement as you take them, with flat memory however many there are:
   *
   * ```ts
   * for await (const task of connection.stream<Task>('SELECT * FROM tasks')) console.log(task.title);
   * ```
   * It sees one snapshot and holds a reader (or a stream of the server) from the first row to its end: read it through, or leave the
   * loop. `timeoutMs` bounds each wait for the database, however long the whole takes; and a stream of which no row is taken for as
   * long is closed. Inside `withTransaction` it reads in that transaction, and on `:memory:`, the rows are read in one go.
   * @throws DatabaseError `ARGS_INVALID` at once; everything else at `next()`, also for a statement that writes
   */
  stream<T extends object = object>(
    statement: StatementInput,
    args?: InputArgs,
  ): AsyncIterableIterator<Row & T> {
    return this.#view.stream<T>(statement, args);
  }

  /**
   * Runs statements in one transaction: all of them or none. Inside `withTransaction` it is a savepoint.
   * On SQLite they run in this thread, as in any transaction: a slow one blocks the event loop. Send that alone, with `execute()`.
   * @param mode default `'deferred'`
   * @throws DatabaseBatchError whose `statementIndex` names the statement that failed
   */
  async batch(
    statements: (StatementInput | InStatement | [string, InArgs?])[],
    mode: TransactionMode = 'deferred',
  ): Promise<ResultSet[]> {
    return this.#view.batch(statements, mode);
  }

  /**
   * Like `batch` in write mode, with foreign keys switched off around it, for changes of the schema. Inside `withTransaction` it is
   * a savepoint and foreign keys stay on, because SQLite cannot switch them inside a transaction. Bounded by `migrationTimeoutMs`.
   * @throws DatabaseBatchError
   */
  async migrate(statements: (StatementInput | InStatement)[]): Promise<ResultSet[]> {
    return this.#view.migrate(statements);
  }

  /**
   * Runs a script of statements separated by `;`. Each commits by itself, unless the script begins and ends a transaction.
   * @throws DatabaseError
   */
  async executeMultiple(sql: string): Promise<void> {
    return this.#view.executeMultiple(sql);
  }

  /**
   * Begins a transaction that the caller ends. Prefer `withTransaction`, which cannot be forgotten. Left alone it is rolled back
   * after `transactionTimeoutMs`, with a warning that says where it was opened. Inside `withTransaction` it is a savepoint.
   * @param mode default `'write'`
   */
  async transaction(mode: TransactionMode = 'write'): Promise<Transaction> {
    const { transactionTimeoutMs: timeoutMs } = this.#options;
    return beginTransaction(this.#calls, mode, { timeoutMs }, callSite(), this.#report);
  }

  /**
   * Runs `callback` in a transaction: commits when it returns, rolls back when it throws. Every call on this connection inside of it
   * joins, also through an ORM. The callback may run again when the transaction was lost and surely not committed: put side effects
   * into `tx.afterCommit`.
   * @throws what the callback throws, or DatabaseError
   */
  async withTransaction<T>(callback: TransactionCallback<T>, options: TransactionOptions = {}): Promise<T> {
    return withTransaction(this.#calls, this, callback, options, this.#options, callSite());
  }

  /**
   * This connection seen with options that every call takes on, for an ORM that cannot pass any:
   * `drizzle(connection.withOptions({ signal }))`. What stands in a statement wins; a transaction is bounded by them as a whole.
   * @throws DatabaseError `ARGS_INVALID`
   */
  withOptions(options: CallOptions): DatabaseView {
    checkCallOptions(options);
    return this.#createView(options);
  }

  /** Runs `work` outside of any transaction of this connection: for timers and event handlers that are set up inside of one. */
  outsideTransaction<T>(work: () => T): T {
    const key = this.#calls.session.opened?.connection.databaseKey;
    return key === undefined ? work() : runInScope(key, undefined, work);
  }

  /**
   * Brings the replica up to what the primary has now, at least. Reads wait for own writes by themselves; this is for those of others.
   * @throws DatabaseError `SYNC_NOT_SUPPORTED` without a replica
   */
  async sync(): Promise<Replicated> {
    if (this.#options.replica === undefined)
      throw createStatementRefusedError('sync() needs an embedded replica', 'SYNC_NOT_SUPPORTED');
    return this.#calls.track(async () => {
      const deadline = this.#calls.createDeadline({});
      const { connection } = await this.#calls.session.open(deadline);
      return connection.replica?.sync(deadline);
    });
  }

  /** What the connection knows about itself; no I/O. */
  status(): ConnectionStatus {
    return readStatus(this.#calls, this.#options);
  }

  /**
   * Runs a statement that proves that the database answers.
   * @throws DatabaseError
   */
  async ping(options: CallOptions = {}): Promise<void> {
    await this.#calls.track(async () => {
      const deadline = this.#calls.createDeadline(options);
      const { connection } = await this.#calls.session.open(deadline);
      await connection.ping(deadline);
    });
  }

  /**
   * Writes a consistent copy of the database to a SQLite file, whatever is written meanwhile, and checks it. The file appears under its
   * name in one step, when it is complete. Of a server, its rows are read over the network (this needs `better-sqlite3`).
   * @throws DatabaseError `TRANSFER_FILE_EXISTS`, `BACKUP_NO_SPACE`; nothing stays of a backup that failed
   */
  async backup(path: string, options: BackupOptions = {}): Promise<void> {
    checkBackup(path, options);
    await this.#calls.track(async () => {
      const { migrationTimeoutMs, connectTimeoutMs } = this.#options;
      const deadline = this.#calls.createDeadline({ timeoutMs: migrationTimeoutMs, ...options });
      const { session } = this.#calls;
      const { connection } = await session.open(deadline);
      await backupConnection(
        connection,
        { target: session.target, connectTimeoutMs },
        path,
        options,
        deadline,
        this.#report,
      );
    });
  }

  /**
   * Applies pending migrations now: what `migrations.run: 'manual'` leaves to the app.
   * @returns the names of the files that this call applied
   * @throws ConfigurationError without `migrations.directory`, DatabaseError when a file fails
   */
  async applyMigrations(): Promise<readonly string[]> {
    return this.#calls.track(async () => {
      const { session } = this.#calls;
      const opened = await session.open(this.#calls.createDeadline({}));
      return this.#preparation.migrate(opened, session.signal);
    });
  }

  /**
   * Refuses new calls with `CLIENT_CLOSED`, waits for those in flight up to `shutdownTimeoutMs`, rolls back what is still open and
   * frees every handle and socket. Closing again waits for the same close.
   */
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- libSQL's close() is void; ours can also be awaited
  close(): Promise<void> {
    return this.#calls.session.close();
  }

  /** Opens again after a close, at the next call. A connection that is still open is closed in the background first. */
  reconnect(): void {
    this.#calls.renewSession();
  }

  #createView(defaults?: CallOptions): ConnectionView {
    const parts = { connection: this, calls: this.#calls, options: this.#options, report: this.#report };
    return new ConnectionView(parts, defaults);
  }
}
