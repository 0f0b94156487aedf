import type { Deadline } from '../../async/deadline.js';
import { FifoGate } from '../../async/fifo-gate.js';
import type { SqliteHandle } from './sqlite-handle.js';

/** A handle lent for one transaction. */
export interface Session {
  readonly handle: SqliteHandle;
  /** Gives it back; calling it again does nothing. A handle that is still in a transaction is closed instead of lent again. */
  readonly release: () => void;
}

/**
 * Handles for transactions that read a snapshot of their own: opened when first needed, kept for the next. Those that only read and
 * those that may turn into writers have `size` places each: a future writer keeps its place while it waits for the write gate, and
 * whoever holds the gate may open a transaction to read meanwhile.
 */
export class SessionPool {
  readonly #open: (deadline: Deadline) => Promise<SqliteHandle>;
  readonly #gates: Readonly<Record<'read' | 'deferred', FifoGate>>;
  readonly #idle: SqliteHandle[] = [];
  #closed = false;

  constructor(size: number, open: (deadline: Deadline) => Promise<SqliteHandle>) {
    this.#open = open;
    const doing = 'waiting for a free reader (all "pool.readers" are in a transaction)';
    this.#gates = { read: new FifoGate(size, doing), deferred: new FifoGate(size, doing) };
  }

  get waiting(): number {
    return this.#gates.read.waiting + this.#gates.deferred.waiting;
  }

  async acquire(mode: 'read' | 'deferred', deadline: Deadline): Promise<Session> {
    const releasePlace = await this.#gates[mode].acquire(deadline);
    try {
      const handle = this.#idle.pop() ?? (await this.#open(deadline));
      let isLent = true;
      const release = (): void => {
        if (isLent) this.#giveBack(handle, releasePlace);
        isLent = false;
      };
      return { handle, release };
    } catch (error) {
      releasePlace();
      throw error;
    }
  }

  /** Closes what is idle; what is lent is closed when it comes back. */
  close(): void {
    this.#closed = true;
    for (const handle of this.#idle.splice(0)) handle.close();
  }

  #giveBack(handle: SqliteHandle, releasePlace: () => void): void {
    if (this.#closed || handle.inTransaction) handle.close();
    else this.#idle.push(handle);
    releasePlace();
  }
}
