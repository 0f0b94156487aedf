import { createDeadline, narrowDeadline, remainingMs, type Deadline } from '../async/deadline.js';
import { FifoGate } from '../async/fifo-gate.js';
import type { DriverTransaction } from '../contract/connection.js';

/** Longest wait for a call in flight before a rollback is sent anyway, in milliseconds. */
const rollbackWaitMs = 5_000;

/** The one driver transaction that all scopes share: one call at a time reaches it, whatever scope it comes from. */
export class TransactionWire {
  readonly transaction: DriverTransaction;
  readonly deadline: Deadline;
  readonly #gate = new FifoGate(1, 'waiting for another call of the same transaction');
  #savepoints = 0;

  constructor(transaction: DriverTransaction, deadline: Deadline) {
    this.transaction = transaction;
    this.deadline = deadline;
  }

  /** A name that no other savepoint of this transaction has. */
  nameSavepoint(): string {
    return `nested_${++this.#savepoints}`;
  }

  /** The earlier of a call's own deadline and the transaction's. */
  narrow(deadline: Deadline): Deadline {
    return narrowDeadline(this.deadline, remainingMs(deadline), deadline.signal);
  }

  /** Runs `work` when no other call is on the wire. */
  async send<T>(work: (transaction: DriverTransaction) => Promise<T>, deadline: Deadline): Promise<T> {
    const release = await this.#gate.acquire(deadline);
    try {
      return await work(this.transaction);
    } finally {
      release();
    }
  }

  /** Sends savepoint control of our own; what is over already needs none. */
  async control(statements: readonly string[], deadline = createDeadline(rollbackWaitMs)): Promise<void> {
    await this.send(async (transaction) => {
      for (const sql of statements) {
        if (!transaction.closed) await transaction.execute({ sql, args: [] }, deadline);
      }
    }, deadline);
  }

  /** Rolls the whole transaction back, after a call in flight: a stream takes one request at a time. */
  async rollback(): Promise<void> {
    if (this.transaction.closed) return;
    const release = await this.#gate.acquire(createDeadline(rollbackWaitMs)).catch(() => undefined);
    try {
      await this.transaction.rollback();
    } finally {
      release?.();
    }
  }
}
