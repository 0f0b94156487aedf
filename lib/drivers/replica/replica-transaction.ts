import type { ResultSet } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import type { DriverTransaction } from '../../contract/connection.js';
import type { Statement } from '../../contract/statement.js';
import { createLostError } from './local-transaction.js';

/** Where a transaction that reads goes on when the side that it began on cannot serve it. */
export interface OtherSide {
  /** Whether an error is a reason to change sides. */
  readonly isReason: (error: unknown) => boolean;
  readonly onLeave: (error: unknown) => void;
  readonly begin: () => Promise<DriverTransaction>;
  readonly mark: (result: ResultSet) => ResultSet;
  /** What the very first statement may take, so that the other side still can answer it. */
  readonly share?: (deadline: Deadline) => Deadline;
  /** The side that it began on has answered the very first statement. */
  readonly onServed?: () => void;
}

/**
 * A transaction that reads the replica's snapshot, or the primary's. When that side cannot serve its very first statement, the whole
 * transaction goes to the other one; later that would be another snapshot, so it is lost and may run again.
 */
export class ReplicaTransaction implements DriverTransaction {
  readonly #first: DriverTransaction | undefined;
  readonly #other: OtherSide;
  #current: DriverTransaction;
  #hasRead = false;
  #lostBy: Error | undefined;

  /** @param isOther it begins on the other side: the first has refused even that */
  constructor(first: DriverTransaction, other: OtherSide, isOther = false) {
    this.#first = isOther ? undefined : first;
    this.#current = first;
    this.#other = other;
  }

  get closed(): boolean {
    return this.#current.closed;
  }

  get lostBy(): Error | undefined {
    return this.#lostBy ?? this.#current.lostBy;
  }

  async execute(statement: Statement, deadline: Deadline): Promise<ResultSet> {
    return this.#mark(
      await this.#run((transaction, until) => transaction.execute(statement, until), deadline),
    );
  }

  async batch(statements: readonly Statement[], deadline: Deadline): Promise<ResultSet[]> {
    const results = await this.#run((transaction, until) => transaction.batch(statements, until), deadline);
    return results.map((result) => this.#mark(result));
  }

  executeMultiple(sql: string, deadline: Deadline): Promise<void> {
    return this.#run((transaction, until) => transaction.executeMultiple(sql, until), deadline);
  }

  commit(deadline: Deadline): Promise<void> {
    return this.#current.commit(deadline);
  }

  rollback(): Promise<void> {
    return this.#current.rollback();
  }

  #mark(result: ResultSet): ResultSet {
    return this.#current === this.#first ? result : this.#other.mark(result);
  }

  async #run<T>(
    work: (transaction: DriverTransaction, deadline: Deadline) => Promise<T>,
    deadline: Deadline,
  ): Promise<T> {
    const { share, onServed } = this.#other;
    const mayMove = !this.#hasRead && this.#current === this.#first;
    try {
      const value = await work(this.#current, mayMove && share !== undefined ? share(deadline) : deadline);
      this.#hasRead = true;
      if (mayMove) onServed?.();
      return value;
    } catch (error) {
      if (this.#current !== this.#first || !this.#other.isReason(error)) throw error;
      this.#other.onLeave(error);
      await this.#current.rollback();
      if (this.#hasRead) throw (this.#lostBy = createLostError(error));
      this.#current = await this.#other.begin();
      return work(this.#current, deadline);
    }
  }
}
