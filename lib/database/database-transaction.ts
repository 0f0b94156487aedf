import type { InStatement, ResultSet, Transaction } from '@libsql/core/api';
import type { StatementInput } from '../contract/statement.js';
import type { InputArgs } from '../contract/value.js';
import type { QueryResult } from './query-result.js';

/** The transaction that `withTransaction` hands to its callback. It ends by itself: return to commit, throw to roll back. */
export interface DatabaseTransaction extends Transaction {
  /** Which run of the callback this is, from 1: it runs again after a lost lock. */
  readonly attempt: number;

  /** Runs one statement in this transaction. An SQL error leaves it usable. */
  execute<T extends object = object>(statement: StatementInput, args?: InputArgs): Promise<QueryResult<T>>;

  /** Runs statements in order and stops at the first error, whose `statementIndex` names it; the transaction stays open. */
  batch(statements: (StatementInput | InStatement)[]): Promise<ResultSet[]>;

  /**
   * Runs `work` once the whole transaction is committed: the place for side effects, because the callback may run again.
   * An error in it rejects `withTransaction` with `AFTER_COMMIT_FAILED` and outcome `applied`.
   */
  afterCommit(work: () => unknown): void;
}
