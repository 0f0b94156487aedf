import type { ResultSet } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import type { DriverTransaction } from '../../contract/connection.js';
import type { Statement } from '../../contract/statement.js';
import { isForPrimary } from './local-reads.js';
import { createLostError, type LocalTransaction } from './local-transaction.js';

/**
 * A transaction that reads the replica's snapshot. When SQLite refuses its very first statement, the whole transaction goes to the
 * primary; later that would be another snapshot, so it is lost and may run again.
 */
export class ReplicaTransaction implements DriverTransaction {
  readonly #local: LocalTransaction;
  readonly #beginOnPrimary: () => Promise<DriverTransaction>;
  readonly #onRefused: (error: unknown) => void;
  #current: DriverTransaction;
  #hasRead = false;
  #lostBy: Error | undefined;

  constructor(
    local: LocalTransaction,
    beginOnPrimary: () => Promise<DriverTransaction>,
    onRefused: (error: unknown) => void,
  ) {
    this.#local = local;
    this.#current = local;
    this.#beginOnPrimary = beginOnPrimary;
    this.#onRefused = onRefused;
  }

  get closed(): boolean {
    return this.#current.closed;
  }

  get lostBy(): Error | undefined {
    return this.#lostBy ?? this.#current.lostBy;
  }

  execute(statement: Statement, deadline: Deadline): Promise<ResultSet> {
    return this.#run((transaction) => transaction.execute(statement, deadline));
  }

  batch(statements: readonly Statement[], deadline: Deadline): Promise<ResultSet[]> {
    return this.#run((transaction) => transaction.batch(statements, deadline));
  }

  executeMultiple(sql: string, deadline: Deadline): Promise<void> {
    return this.#run((transaction) => transaction.executeMultiple(sql, deadline));
  }

  commit(deadline: Deadline): Promise<void> {
    return this.#current.commit(deadline);
  }

  rollback(): Promise<void> {
    return this.#current.rollback();
  }

  async #run<T>(work: (transaction: DriverTransaction) => Promise<T>): Promise<T> {
    try {
      const value = await work(this.#current);
      this.#hasRead = true;
      return value;
    } catch (error) {
      if (this.#current !== this.#local || this.#local.closed || !isForPrimary(error)) throw error;
      this.#onRefused(error);
      await this.#local.rollback();
      if (this.#hasRead) throw (this.#lostBy = createLostError(error));
      this.#current = await this.#beginOnPrimary();
      return work(this.#current);
    }
  }
}
