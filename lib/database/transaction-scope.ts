import type { Deadline } from '../async/deadline.js';
import { FifoGate, type Release } from '../async/fifo-gate.js';
import { watchDeadline } from '../async/watch-deadline.js';
import type { DriverTransaction } from '../contract/connection.js';
import type { DatabaseError } from '../errors/database-error.js';
import { createAbortedError } from '../errors/wait-errors.js';
import { createTransactionClosedError, createTransactionExpiredError } from '../errors/usage-errors.js';
import { TransactionWire } from './transaction-wire.js';

/** What a root scope begins with. */
export interface RootScopeParts {
  readonly transaction: DriverTransaction;
  readonly deadline: Deadline;
  readonly origin: string;
  /** Called when the deadline ends the transaction before its owner did. */
  readonly onExpired: (error: DatabaseError) => void;
}

interface NestedParts {
  readonly parent: TransactionScope;
  readonly savepoint: string;
  readonly releaseParent: Release;
}

/**
 * One transaction or savepoint. Savepoints are a stack, so a nested scope holds its parent until it ends: siblings queue, and so
 * do calls of the parent.
 */
export class TransactionScope {
  readonly parent: TransactionScope | undefined;
  /** What it is and where it was opened, for messages. */
  readonly origin: string;
  /** Resolves with an error when the deadline or a close ended the transaction. */
  readonly expired: Promise<DatabaseError>;
  readonly #wire: TransactionWire;
  readonly #queue = new FifoGate(
    1,
    'waiting for another statement or nested transaction of the same transaction to end',
  );
  readonly #savepoint: string | undefined;
  readonly #releaseParent: Release | undefined;
  readonly #afterCommit: (() => unknown)[] = [];
  #stopWatching: (() => void) | undefined;
  #ended = false;
  #endedBy: unknown;

  private constructor(
    wire: TransactionWire,
    expired: Promise<DatabaseError>,
    origin: string,
    nested?: NestedParts,
  ) {
    this.#wire = wire;
    this.expired = expired;
    this.origin = origin;
    this.parent = nested?.parent;
    this.#savepoint = nested?.savepoint;
    this.#releaseParent = nested?.releaseParent;
  }

  /** The scope of a whole transaction. It is rolled back when its deadline is over. */
  static createRoot({ transaction, deadline, origin, onExpired }: RootScopeParts): TransactionScope {
    let announce: (error: DatabaseError) => void = () => undefined;
    const expired = new Promise<DatabaseError>((resolve) => (announce = resolve));
    const scope = new TransactionScope(new TransactionWire(transaction, deadline), expired, origin);
    const end = async (error: DatabaseError): Promise<void> => {
      scope.#endedBy = error;
      await scope.rollbackAfter(error);
      announce(error);
    };
    scope.#stopWatching = watchDeadline(
      deadline,
      () => {
        const error = createTransactionExpiredError(deadline.timeoutMs, origin);
        void end(error).then(() => onExpired(error));
      },
      // a close that no longer waits ends the transaction too
      (reason) => void end(createAbortedError('a transaction', reason)),
    );
    return scope;
  }

  /** True once nothing more can run in it. */
  get ended(): boolean {
    return this.#ended || (this.parent?.ended ?? this.#wire.transaction.closed);
  }

  /** Why the engine or the server ended the whole transaction, when one did. */
  get lostBy(): Error | undefined {
    return this.#wire.transaction.lostBy;
  }

  /** True when this scope is nested in `other`, at any depth. */
  isInside(other: TransactionScope): boolean {
    for (let scope = this.parent; scope !== undefined; scope = scope.parent) if (scope === other) return true;
    return false;
  }

  /** Runs one call in this scope, after those before it. */
  async call<T>(
    work: (transaction: DriverTransaction, deadline: Deadline) => Promise<T>,
    deadline: Deadline,
  ): Promise<T> {
    this.assertOpen();
    const inner = this.#wire.narrow(deadline);
    const release = await this.#queue.acquire(inner);
    try {
      return await this.#send((transaction) => work(transaction, inner), inner);
    } finally {
      release();
    }
  }

  /**
   * Opens a nested scope, a savepoint. It holds this scope until it ends.
   * @param origin what it is and where it was opened, for those who wait behind it
   */
  async openNested(deadline: Deadline, origin: string): Promise<TransactionScope> {
    this.assertOpen();
    const inner = this.#wire.narrow(deadline);
    const release = await this.#queue.acquire(inner);
    const savepoint = this.#wire.nameSavepoint();
    try {
      await this.#send(
        (transaction) => transaction.execute({ sql: `SAVEPOINT ${savepoint}`, args: [] }, inner),
        inner,
      );
      this.#queue.describeHolder(origin);
      return new TransactionScope(this.#wire, this.expired, origin, {
        parent: this,
        savepoint,
        releaseParent: release,
      });
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Registers what runs once the whole transaction is committed. */
  addAfterCommit(work: () => unknown): void {
    this.assertOpen();
    this.#afterCommit.push(work);
  }

  /**
   * Keeps what was done: a nested scope in its parent, the root in the database.
   * @returns what is to run now that the transaction is committed; empty for a nested scope
   */
  async commit(): Promise<readonly (() => unknown)[]> {
    const { deadline } = this.#wire;
    try {
      this.assertOpen();
      const release = await this.#queue.acquire(deadline);
      try {
        if (this.#savepoint !== undefined) await this.#wire.control([`RELEASE ${this.#savepoint}`], deadline);
        else await this.#send((transaction) => transaction.commit(deadline), deadline);
      } finally {
        release();
      }
    } catch (error) {
      await this.rollbackAfter(error);
      throw error;
    }
    this.#leave();
    if (this.parent === undefined) return this.#afterCommit;
    this.parent.#afterCommit.push(...this.#afterCommit);
    return [];
  }

  /** Undoes what was done in this scope; does nothing after its end. */
  async rollback(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    try {
      if (this.#savepoint === undefined) await this.#wire.rollback();
      else if (this.parent?.ended === false) await this.#undoTo(this.#savepoint);
    } finally {
      this.#leave();
    }
  }

  /** Rolls back because of `error`. A rollback that fails too is attached to it and never replaces it. */
  async rollbackAfter(error: unknown): Promise<void> {
    try {
      await this.rollback();
    } catch (rollbackError) {
      if (Object.isExtensible(error)) Object.assign(error as object, { rollbackError });
    }
  }

  /** @throws DatabaseError `TRANSACTION_CLOSED` */
  assertOpen(): void {
    if (!this.ended) return;
    const cause = this.lostBy ?? this.#root().#endedBy;
    throw createTransactionClosedError(
      cause === undefined
        ? 'The transaction is closed. Work that outlives its transaction (timers, event handlers) belongs into outsideTransaction()'
        : 'The transaction was rolled back by an earlier error; nothing of it was kept',
      cause,
    );
  }

  /** What cannot be undone alone must not be kept: then the whole transaction ends. */
  async #undoTo(savepoint: string): Promise<void> {
    try {
      await this.#wire.control([`ROLLBACK TO ${savepoint}`, `RELEASE ${savepoint}`]);
    } catch (error) {
      this.#root().#endedBy ??= error;
      await this.#wire.rollback();
      throw error;
    }
  }

  #root(): TransactionScope {
    return this.parent === undefined ? this : this.parent.#root();
  }

  #send<T>(work: (transaction: DriverTransaction) => Promise<T>, deadline: Deadline): Promise<T> {
    return this.#wire.send((transaction) => {
      this.assertOpen();
      return work(transaction);
    }, deadline);
  }

  #leave(): void {
    this.#ended = true;
    this.#stopWatching?.();
    this.#releaseParent?.();
  }
}
