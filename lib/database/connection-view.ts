import type { Client, InArgs, InStatement, Replicated, ResultSet, Row, Transaction } from '@libsql/core/api';
import type { Reporter } from '../contract/driver.js';
import type { CallOptions, StatementInput, TransactionMode } from '../contract/statement.js';
import type { InputArgs } from '../contract/value.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { callSite } from './call-site.js';
import type { ConnectionCalls } from './connection-calls.js';
import type { DatabaseView } from './database-view.js';
import type { QueryResult } from './query-result.js';
import { RowStream } from './row-stream.js';
import { runNested } from './run-nested.js';
import { noOptions, toStatement } from './to-statement.js';
import { assertMode, beginTransaction } from './with-transaction.js';

/** What a view needs from its connection beside the calls. */
export type ViewedConnection = Pick<Client, 'close' | 'closed' | 'protocol' | 'reconnect' | 'sync'>;

/** What every view of one connection shares. */
export interface ViewParts {
  readonly connection: ViewedConnection;
  readonly calls: ConnectionCalls;
  readonly options: ResolvedOptions;
  readonly report: Reporter;
}

/** A connection seen with options that every call takes on, for an ORM that cannot pass any. What stands in a statement wins. */
export class ConnectionView implements DatabaseView {
  readonly #parts: ViewParts;
  readonly #defaults: CallOptions;

  constructor(parts: ViewParts, defaults: CallOptions = noOptions) {
    this.#parts = parts;
    this.#defaults = defaults;
  }

  get protocol(): string {
    return this.#parts.connection.protocol;
  }

  get closed(): boolean {
    return this.#parts.connection.closed;
  }

  /** Runs one statement; see `DatabaseConnection.execute`. */
  execute<T extends object = object>(
    statement: StatementInput,
    args?: InputArgs | InArgs,
  ): Promise<QueryResult<T>> {
    try {
      return this.#execute(statement, args) as Promise<QueryResult<T>>;
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as it was thrown
      return Promise.reject(error);
    }
  }

  /** Reads rows as they are taken; see `DatabaseConnection.stream`. */
  stream<T extends object = object>(input: StatementInput, args?: InputArgs): AsyncIterableIterator<Row & T> {
    const { statement, options } = toStatement(input, args, this.#defaults);
    const { timeoutMs = this.#parts.options.queryTimeoutMs, signal } = options;
    return new RowStream<T>(this.#parts.calls, { statement, timeoutMs, signal });
  }

  /** Runs statements in one transaction; see `DatabaseConnection.batch`. */
  async batch(
    statements: (StatementInput | InStatement | [string, InArgs?])[],
    mode: TransactionMode = 'deferred',
  ): Promise<ResultSet[]> {
    assertMode(mode);
    return this.#runBatch(statements, this.#defaults, mode, true);
  }

  /** Changes the schema; see `DatabaseConnection.migrate`. */
  async migrate(statements: (StatementInput | InStatement)[]): Promise<ResultSet[]> {
    const { migrationTimeoutMs } = this.#parts.options;
    return this.#runBatch(statements, { timeoutMs: migrationTimeoutMs, ...this.#defaults }, 'write', false);
  }

  /** Runs a script; see `DatabaseConnection.executeMultiple`. */
  async executeMultiple(sql: string): Promise<void> {
    return this.#parts.calls.run(this.#defaults, {
      joined: (scope, deadline) =>
        scope.call((transaction, inner) => transaction.executeMultiple(sql, inner), deadline),
      alone: (connection, deadline) => connection.executeMultiple(sql, deadline),
    });
  }

  /** Begins a transaction that the caller ends, whose statements take on the options too; see `DatabaseConnection.transaction`. */
  async transaction(mode: TransactionMode = 'write'): Promise<Transaction> {
    const { calls, options, report } = this.#parts;
    const defaults = { timeoutMs: options.transactionTimeoutMs, ...this.#defaults };
    return beginTransaction(calls, mode, defaults, callSite(), report);
  }

  /** Brings the replica up to date; see `DatabaseConnection.sync`. */
  sync(): Promise<Replicated> {
    return this.#parts.connection.sync();
  }

  /** Closes the connection itself. */
  close(): void {
    this.#parts.connection.close();
  }

  /** Opens the connection itself again. */
  reconnect(): void {
    void this.#parts.connection.reconnect();
  }

  #execute(input: StatementInput, args: InputArgs | InArgs | undefined): Promise<ResultSet> {
    const { calls } = this.#parts;
    const { statement, options } = toStatement(input, args, this.#defaults);
    const result = calls.executeNow(statement, options);
    if (result !== undefined) return Promise.resolve(result);
    return calls.run(options, {
      joined: (scope, deadline) =>
        scope.call((transaction, inner) => transaction.execute(statement, inner), deadline),
      alone: (connection, deadline) => connection.execute(statement, deadline),
    });
  }

  async #runBatch(
    statements: (StatementInput | InStatement | [string, InArgs?])[],
    options: CallOptions,
    mode: TransactionMode,
    foreignKeys: boolean,
  ): Promise<ResultSet[]> {
    const prepared = statements.map((input) => toStatement(input).statement);
    const { idempotent = false, consistency } = options;
    return this.#parts.calls.run(options, {
      joined: (scope, deadline) =>
        runNested(scope, deadline, (nested) =>
          nested.call((transaction, inner) => transaction.batch(prepared, inner), deadline),
        ),
      alone: (connection, deadline) =>
        connection.batch(prepared, { mode, foreignKeys, idempotent, consistency }, deadline),
    });
  }
}
