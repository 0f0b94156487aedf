import type { Client, InArgs, InStatement, Replicated, ResultSet, Transaction } from '@libsql/core/api';
import { createDeadline, narrowDeadline, type Deadline } from '../async/deadline.js';
import type { DriverConnection } from '../contract/connection.js';
import type { Reporter } from '../contract/driver.js';
import type { CallOptions, StatementInput, TransactionMode } from '../contract/statement.js';
import type { InputArgs } from '../contract/value.js';
import { DatabaseError } from '../errors/database-error.js';
import { createStatementRefusedError } from '../errors/usage-errors.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { callSite } from './call-site.js';
import { choosePlace } from './choose-place.js';
import { ConnectionSession } from './connection-session.js';
import type { ConnectionStatus } from './connection-status.js';
import { findOuterScope } from './find-outer-scope.js';
import type { QueryResult } from './query-result.js';
import {
  joinScope,
  runRootTransaction,
  runScope,
  runWithoutTransaction,
  type TransactionCallback,
} from './run-transaction.js';
import { currentScope, runInScope } from './scope-storage.js';
import { ScopedTransaction, type TransactionHost } from './scoped-transaction.js';
import { toStatement } from './to-statement.js';
import type { TransactionOptions } from './transaction-options.js';
import { TransactionScope } from './transaction-scope.js';
import { WithoutTransaction } from './without-transaction.js';

/**
 * One database, on every backend the same: a libSQL `Client` that joins open transactions, bounds every call and says of each
 * failure why it happened and what became of the statement. Created without I/O; opens itself at the first call.
 */
export class DatabaseConnection implements Client {
  readonly #options: ResolvedOptions;
  readonly #report: Reporter;
  #session: ConnectionSession;
  #lastError: ConnectionStatus['lastError'];
  #hookHasRun = false;

  /** @internal use `createConnection()` or inject it */
  constructor(options: ResolvedOptions, report: Reporter) {
    this.#options = options;
    this.#report = report;
    this.#session = this.#createSession();
  }

  /** libSQL's name of the protocol: `'file'` for SQLite, `'http'` for Turso. */
  get protocol(): 'file' | 'http' {
    return this.#options.target.backend === 'sqlite' ? 'file' : 'http';
  }

  /** True from `close()` on, until `reconnect()`. */
  get closed(): boolean {
    return this.#session.closed;
  }

  /**
   * Opens the database now, with further attempts while it cannot be reached.
   * @throws DatabaseError when it could not be opened within `bootTimeoutMs`
   */
  async open(): Promise<void> {
    await this.#track(() => this.#session.openAtBoot());
  }

  /**
   * Runs one statement. Inside `withTransaction` it belongs to that transaction, otherwise it commits by itself.
   *
   * ```ts
   * await connection.execute('SELECT * FROM tasks WHERE id = ?', [id]);
   * await connection.execute<Task>({ sql: 'SELECT * FROM tasks WHERE done = :done', args: { done: false }, timeoutMs: 500 });
   * ```
   * @throws DatabaseError
   */
  async execute<T extends object = object>(
    statement: StatementInput,
    args?: InputArgs | InArgs,
  ): Promise<QueryResult<T>> {
    const { statement: prepared, options } = toStatement(statement, args);
    const result = await this.#call(options, {
      joined: (scope, deadline) =>
        scope.call((transaction, inner) => transaction.execute(prepared, inner), deadline),
      alone: (connection, deadline) => connection.execute(prepared, deadline),
    });
    return result as QueryResult<T>;
  }

  /**
   * Runs statements in one transaction: all of them or none. Inside `withTransaction` it is a savepoint.
   * @param mode default `'deferred'`
   * @throws DatabaseBatchError whose `statementIndex` names the statement that failed
   */
  async batch(
    statements: (StatementInput | InStatement | [string, InArgs?])[],
    mode: TransactionMode = 'deferred',
  ): Promise<ResultSet[]> {
    assertMode(mode);
    const prepared = statements.map((input) => toStatement(input).statement);
    return this.#call(
      {},
      {
        joined: (scope, deadline) =>
          this.#asNested(scope, deadline, (nested) =>
            nested.call((transaction, inner) => transaction.batch(prepared, inner), deadline),
          ),
        alone: (connection, deadline) => connection.batch(prepared, { mode, foreignKeys: true }, deadline),
      },
    );
  }

  /**
   * Like `batch` in write mode, with foreign keys switched off around it, for changes of the schema. Inside `withTransaction` it is
   * a savepoint and foreign keys stay on, because SQLite cannot switch them inside a transaction. Bounded by `migrationTimeoutMs`.
   * @throws DatabaseBatchError
   */
  async migrate(statements: (StatementInput | InStatement)[]): Promise<ResultSet[]> {
    const prepared = statements.map((input) => toStatement(input).statement);
    return this.#call(
      { timeoutMs: this.#options.migrationTimeoutMs },
      {
        joined: (scope, deadline) =>
          this.#asNested(scope, deadline, (nested) =>
            nested.call((transaction, inner) => transaction.batch(prepared, inner), deadline),
          ),
        alone: (connection, deadline) =>
          connection.batch(prepared, { mode: 'write', foreignKeys: false }, deadline),
      },
    );
  }

  /**
   * Runs a script of statements separated by `;`. Each commits by itself, unless the script begins and ends a transaction.
   * @throws DatabaseError
   */
  async executeMultiple(sql: string): Promise<void> {
    return this.#call(
      {},
      {
        joined: (scope, deadline) =>
          scope.call((transaction, inner) => transaction.executeMultiple(sql, inner), deadline),
        alone: (connection, deadline) => connection.executeMultiple(sql, deadline),
      },
    );
  }

  /**
   * Begins a transaction that the caller ends. Prefer `withTransaction`, which cannot be forgotten. Left alone it is rolled back
   * after `transactionTimeoutMs`, with a warning that says where it was opened. Inside `withTransaction` it is a savepoint.
   * @param mode default `'write'`
   */
  async transaction(mode: TransactionMode = 'write'): Promise<Transaction> {
    assertMode(mode);
    const origin = callSite();
    return this.#track(async () => {
      const deadline = this.#createDeadline({ timeoutMs: this.#options.transactionTimeoutMs });
      const { connection } = await this.#session.open(deadline);
      const outer = findOuterScope(connection.databaseKey);
      const host = this.#createHost(connection.databaseKey);
      if (outer !== undefined) return new ScopedTransaction(host, await outer.openNested(deadline));
      const transaction = await connection.begin(mode, deadline, origin);
      const onExpired = (error: DatabaseError): void =>
        this.#report({ code: 'TRANSACTION_EXPIRED', message: error.message });
      return new ScopedTransaction(
        host,
        TransactionScope.createRoot({ transaction, deadline, origin, onExpired }),
      );
    });
  }

  /**
   * Runs `callback` in a transaction: commits when it returns, rolls back when it throws. Every call on this connection inside of it
   * joins, also through an ORM. The callback may run again when the transaction was lost and surely not committed: put side effects
   * into `tx.afterCommit`.
   * @throws what the callback throws, or DatabaseError
   */
  async withTransaction<T>(callback: TransactionCallback<T>, options: TransactionOptions = {}): Promise<T> {
    assertMode(options.mode ?? 'write');
    const origin = callSite();
    return this.#track(async () => {
      const { transactionTimeoutMs, maxAttempts } = this.#options;
      const {
        mode = 'write',
        propagation = 'nested',
        idempotent = false,
        timeoutMs = transactionTimeoutMs,
      } = options;
      const deadline = this.#createDeadline({ timeoutMs });
      const { connection } = await this.#session.open(deadline);
      const host = this.#createHost(connection.databaseKey);
      const run = { mode, deadline, origin, idempotent, maxAttempts: options.maxAttempts ?? maxAttempts };
      const outer = findOuterScope(host.databaseKey);
      const place = choosePlace(propagation, outer, mode);
      if (place === 'without')
        return runWithoutTransaction(host.databaseKey, new WithoutTransaction(this), callback);
      if (place === 'begin' || outer === undefined) {
        return runInScope(host.databaseKey, undefined, () =>
          runRootTransaction(connection, host, callback, run),
        );
      }
      if (place === 'join') return joinScope(host, outer, callback);
      return runScope(host, await outer.openNested(deadline), callback, 1);
    });
  }

  /** Runs `work` outside of any transaction of this connection: for timers and event handlers that are set up inside of one. */
  outsideTransaction<T>(work: () => T): T {
    const key = this.#session.opened?.connection.databaseKey;
    return key === undefined ? work() : runInScope(key, undefined, work);
  }

  /** Replicas come with a later version. */
  sync(): Promise<Replicated> {
    return Promise.reject(
      createStatementRefusedError('sync() needs an embedded replica', 'SYNC_NOT_SUPPORTED'),
    );
  }

  /** What the connection knows about itself; no I/O. */
  status(): ConnectionStatus {
    const { opened, state, since, inFlight } = this.#session;
    const { backend, location } = this.#options.target;
    return {
      backend,
      location,
      state,
      since,
      inFlight,
      waiting: opened?.connection.waiting() ?? 0,
      lastError: this.#lastError,
      capabilities: opened?.driver.capabilities,
    };
  }

  /**
   * Runs a statement that proves that the database answers.
   * @throws DatabaseError
   */
  async ping(options: CallOptions = {}): Promise<void> {
    await this.#track(async () => {
      const deadline = this.#createDeadline(options);
      const { connection } = await this.#session.open(deadline);
      await connection.ping(deadline);
    });
  }

  /**
   * Refuses new calls with `CLIENT_CLOSED`, waits for those in flight up to `shutdownTimeoutMs`, rolls back what is still open and
   * frees every handle and socket. Closing again waits for the same close.
   */
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- libSQL's close() is void; ours can also be awaited
  close(): Promise<void> {
    return this.#session.close();
  }

  /** Opens again after a close, at the next call. A connection that is still open is closed in the background first. */
  reconnect(): void {
    void this.#session.close();
    this.#session = this.#createSession();
  }

  #createSession(): ConnectionSession {
    return new ConnectionSession(this.#options, this.#report, () => this.#onOpened());
  }

  async #onOpened(): Promise<void> {
    if (this.#hookHasRun) return;
    for (const warning of this.#options.warnings) this.#report(warning);
    await this.#options.onConnectionCreate?.(this);
    this.#hookHasRun = true;
  }

  async #call<T>(
    options: CallOptions,
    ways: {
      readonly joined: (scope: TransactionScope, deadline: Deadline) => Promise<T>;
      readonly alone: (connection: DriverConnection, deadline: Deadline) => Promise<T>;
    },
  ): Promise<T> {
    return this.#track(async () => {
      const deadline = this.#createDeadline(options);
      const opened = this.#session.opened ?? (await this.#session.open(deadline));
      const scope = findOuterScope(opened.connection.databaseKey);
      return scope === undefined ? ways.alone(opened.connection, deadline) : ways.joined(scope, deadline);
    });
  }

  async #asNested<T>(
    scope: TransactionScope,
    deadline: Deadline,
    work: (nested: TransactionScope) => Promise<T>,
  ): Promise<T> {
    const nested = await scope.openNested(deadline);
    try {
      const value = await work(nested);
      await nested.commit();
      return value;
    } catch (error) {
      await nested.rollbackAfter(error);
      throw error;
    }
  }

  /** Counts the call. Work of a transaction that is still open is let in while a close drains. */
  async #track<T>(work: () => Promise<T>): Promise<T> {
    const key = this.#session.opened?.connection.databaseKey;
    const letInBefore = key !== undefined && currentScope(key) !== undefined;
    try {
      return await this.#session.track(work, letInBefore);
    } catch (error) {
      if (error instanceof DatabaseError) this.#lastError = { kind: error.kind, at: new Date() };
      throw error;
    }
  }

  #createHost(databaseKey: string): TransactionHost {
    const session = this.#session;
    return {
      databaseKey,
      createDeadline: (options) => this.#createDeadline(options),
      track: (work) => session.track(work, true),
      report: (code, error) => this.#report({ code, message: (error as Error).message }),
    };
  }

  #createDeadline({ timeoutMs = this.#options.queryTimeoutMs, signal }: CallOptions): Deadline {
    const deadline = createDeadline(timeoutMs, this.#session.signal);
    return signal === undefined ? deadline : narrowDeadline(deadline, timeoutMs, signal);
  }
}

function assertMode(mode: string): void {
  if (mode === 'write' || mode === 'read' || mode === 'deferred') return;
  throw createStatementRefusedError(
    'Unknown transaction mode, supported values are "write", "read" and "deferred"',
    'ARGS_INVALID',
  );
}
