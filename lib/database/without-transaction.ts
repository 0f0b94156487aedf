import type { InStatement, ResultSet } from '@libsql/core/api';
import type { StatementInput } from '../contract/statement.js';
import type { InputArgs } from '../contract/value.js';
import type { DatabaseTransaction } from './database-transaction.js';
import type { QueryResult } from './query-result.js';

/** The calls of a connection that a handle passes on. */
type Connection = Pick<DatabaseTransaction, 'execute' | 'batch' | 'executeMultiple'>;

/** What `withTransaction` hands out under `not-supported` and `never`: every call commits by itself, there is nothing to end. */
export class WithoutTransaction implements DatabaseTransaction {
  readonly attempt = 1;
  readonly closed = false;
  readonly afterCommitWork: (() => unknown)[] = [];
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  execute<T extends object = object>(statement: StatementInput, args?: InputArgs): Promise<QueryResult<T>> {
    return this.#connection.execute<T>(statement, args);
  }

  batch(statements: (StatementInput | InStatement)[]): Promise<ResultSet[]> {
    return this.#connection.batch(statements);
  }

  executeMultiple(sql: string): Promise<void> {
    return this.#connection.executeMultiple(sql);
  }

  afterCommit(work: () => unknown): void {
    this.afterCommitWork.push(work);
  }

  commit(): Promise<void> {
    return Promise.resolve();
  }

  rollback(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    // nothing is open
  }
}
