import type { InStatement, ResultSet, Transaction } from '@libsql/core/api';
import type { Deadline } from '../async/deadline.js';
import type { CallOptions, StatementInput } from '../contract/statement.js';
import type { InputArgs } from '../contract/value.js';
import { createStatementRefusedError } from '../errors/usage-errors.js';
import type { QueryResult } from './query-result.js';
import { currentScope } from './scope-storage.js';
import { toStatement } from './to-statement.js';
import type { TransactionScope } from './transaction-scope.js';

/** What a transaction handle needs from its connection. */
export interface TransactionHost {
  readonly databaseKey: string;
  createDeadline(options: CallOptions): Deadline;
  /** Counts the call and remembers its error. */
  track<T>(work: () => Promise<T>): Promise<T>;
  report(code: string, error: unknown): void;
}

/** A libSQL transaction on a scope: the manual kind, which its owner ends. */
export class ScopedTransaction implements Transaction {
  protected readonly host: TransactionHost;
  protected readonly scope: TransactionScope;

  constructor(host: TransactionHost, scope: TransactionScope) {
    this.host = host;
    this.scope = scope;
  }

  get closed(): boolean {
    return this.scope.ended;
  }

  /** Runs one statement in this transaction. An SQL error leaves it usable. */
  async execute<T extends object = object>(
    statement: StatementInput,
    args?: InputArgs,
  ): Promise<QueryResult<T>> {
    const { statement: prepared, options } = toStatement(statement, args);
    const result = await this.#call(options, (transaction, deadline) =>
      transaction.execute(prepared, deadline),
    );
    return result as QueryResult<T>;
  }

  /** Runs statements in order and stops at the first error, whose `statementIndex` names it; the transaction stays open. */
  async batch(statements: (StatementInput | InStatement)[]): Promise<ResultSet[]> {
    const prepared = statements.map((input) => toStatement(input).statement);
    return this.#call({}, (transaction, deadline) => transaction.batch(prepared, deadline));
  }

  /** Runs a script of statements separated by `;`. */
  async executeMultiple(sql: string): Promise<void> {
    return this.#call({}, (transaction, deadline) => transaction.executeMultiple(sql, deadline));
  }

  /** Keeps everything. Once it resolves the rows are in the database (or, nested, in the outer transaction). */
  async commit(): Promise<void> {
    await this.host.track(() => this.scope.commit());
  }

  /** Undoes everything; does nothing after the end. */
  async rollback(): Promise<void> {
    await this.host.track(() => this.scope.rollback());
  }

  /** Rolls back unless the transaction has ended. */
  close(): void {
    this.host
      .track(() => this.scope.rollback())
      .catch((error: unknown) => this.host.report('ROLLBACK_FAILED', error));
  }

  async #call<T>(options: CallOptions, work: Parameters<TransactionScope['call']>[0]): Promise<T> {
    this.#assertNotInNested();
    const deadline = this.host.createDeadline(options);
    return this.host.track(() => this.scope.call(work, deadline)) as Promise<T>;
  }

  /** The nested scope holds this one, so the call would wait for its own caller. */
  #assertNotInNested(): void {
    if (currentScope(this.host.databaseKey)?.isInside(this.scope) !== true) return;
    throw createStatementRefusedError(
      'the handle of an outer transaction was used inside a nested one; use the handle of the nested transaction or the connection',
      'TRANSACTION_NESTED',
    );
  }
}
