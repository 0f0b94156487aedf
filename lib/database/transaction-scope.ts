import { createDeadline, narrowDeadline, remainingMs, type Deadline } from '../async/deadline.js';
import { FifoGate, type Release } from '../async/fifo-gate.js';
import type { DriverTransaction } from '../contract/connection.js';
import type { DatabaseError } from '../errors/database-error.js';
import { createTransactionClosedError, createTransactionExpiredError } from '../errors/usage-errors.js';

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

/** Shared by all scopes of one transaction. */
interface Wire {
  readonly transaction: DriverTransaction;
  readonly deadline: Deadline;
  /** One call at a time reaches the driver, whatever scope it comes from. */
  readonly gate: FifoGate;
  savepoints: number;
}

/** Longest wait for a call in flight before a rollback is sent anyway, in milliseconds. */
const rollbackWaitMs = 5_000;

/**
 * One transaction or savepoint. Savepoints are a stack, so a nested scope holds its parent until it ends: siblings queue, and so
 * do calls of the parent.
 */
export class TransactionScope {
  readonly parent: TransactionScope | undefined;
  /** Resolves with an error when the deadline ended the transaction. */
  readonly expired: Promise<DatabaseError>;
  readonly #wire: Wire;
  readonly #queue = new FifoGate(
    1,
    'waiting for another statement or nested transaction of the same transaction to end',
  );
  readonly #savepoint: string | undefined;
  readonly #releaseParent: Release | undefined;
  readonly #afterCommit: (() => unknown)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #onLeave: (() => void) | undefined;
  #ended = false;
  #endedBy: DatabaseError | undefined;

  private constructor(wire: Wire, expired: Promise<DatabaseError>, nested?: NestedParts) {
    this.#wire = wire;
    this.expired = expired;
    this.parent = nested?.parent;
    this.#savepoint = nested?.savepoint;
    this.#releaseParent = nested?.releaseParent;
  }

  /** The scope of a whole transaction. It is rolled back when its deadline is over. */
  static createRoot({ transaction, deadline, origin, onExpired }: RootScopeParts): TransactionScope {
    const gate = new FifoGate(1, 'waiting for another call of the same transaction');
    let announce: (error: DatabaseError) => void = () => undefined;
    const expired = new Promise<DatabaseError>((resolve) => (announce = resolve));
    const scope = new TransactionScope({ transaction, deadline, gate, savepoints: 0 }, expired);
    scope.#timer = setTimeout(() => {
      const error = createTransactionExpiredError(deadline.timeoutMs, origin);
      scope.#endedBy = error;
      void scope.rollbackAfter(error).then(() => {
        onExpired(error);
        announce(error);
      });
    }, remainingMs(deadline));
    // a close that no longer waits ends the transaction too
    const stop = (): void => void scope.rollbackAfter(deadline.signal?.reason);
    deadline.signal?.addEventListener('abort', stop, { once: true });
    scope.#onLeave = () => deadline.signal?.removeEventListener('abort', stop);
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
    const inner = narrowDeadline(this.#wire.deadline, remainingMs(deadline), deadline.signal);
    const release = await this.#queue.acquire(inner);
    try {
      return await this.#send(work, inner);
    } finally {
      release();
    }
  }

  /** Opens a nested scope, a savepoint. It holds this scope until it ends. */
  async openNested(deadline: Deadline): Promise<TransactionScope> {
    this.assertOpen();
    const inner = narrowDeadline(this.#wire.deadline, remainingMs(deadline), deadline.signal);
    const release = await this.#queue.acquire(inner);
    const savepoint = `nested_${++this.#wire.savepoints}`;
    try {
      await this.#send(
        (transaction) => transaction.execute({ sql: `SAVEPOINT ${savepoint}`, args: [] }, inner),
        inner,
      );
      return new TransactionScope(this.#wire, this.expired, {
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
    this.assertOpen();
    try {
      const release = await this.#queue.acquire(deadline);
      try {
        if (this.#savepoint === undefined)
          await this.#send((transaction) => transaction.commit(deadline), deadline);
        else await this.#control([`RELEASE ${this.#savepoint}`], deadline);
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
      if (this.#savepoint === undefined) await this.#rollbackRoot();
      else
        await this.#control(
          [`ROLLBACK TO ${this.#savepoint}`, `RELEASE ${this.#savepoint}`],
          createDeadline(rollbackWaitMs),
        );
    } finally {
      this.#leave();
    }
  }

  /** Rolls back because of `error`. A rollback that fails too is attached to it and never replaces it. */
  async rollbackAfter(error: unknown): Promise<void> {
    try {
      await this.rollback();
    } catch (rollbackError) {
      if (typeof error === 'object' && error !== null) Object.assign(error, { rollbackError });
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

  #root(): TransactionScope {
    return this.parent === undefined ? this : this.parent.#root();
  }

  async #send<T>(
    work: (transaction: DriverTransaction, deadline: Deadline) => Promise<T>,
    deadline: Deadline,
  ): Promise<T> {
    const release = await this.#wire.gate.acquire(deadline);
    try {
      this.assertOpen();
      return await work(this.#wire.transaction, deadline);
    } finally {
      release();
    }
  }

  /** Sends savepoint control of our own; what is over already needs none. */
  async #control(statements: readonly string[], deadline: Deadline): Promise<void> {
    const { gate, transaction } = this.#wire;
    const release = await gate.acquire(deadline);
    try {
      for (const sql of statements) {
        if (!transaction.closed) await transaction.execute({ sql, args: [] }, deadline);
      }
    } finally {
      release();
    }
  }

  /** Waits for a call in flight: a stream takes one request at a time. */
  async #rollbackRoot(): Promise<void> {
    const { gate, transaction } = this.#wire;
    if (transaction.closed) return;
    const release = await gate.acquire(createDeadline(rollbackWaitMs)).catch(() => undefined);
    try {
      await transaction.rollback();
    } finally {
      release?.();
    }
  }

  #leave(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#onLeave?.();
    this.#releaseParent?.();
  }
}
