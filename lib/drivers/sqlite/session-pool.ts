import type { Deadline } from '../../async/deadline.js';
import { FifoGate } from '../../async/fifo-gate.js';
import type { SqliteHandle } from './sqlite-handle.js';

/** A handle lent for one transaction. */
export interface Session {
  readonly handle: SqliteHandle;
  /** Gives it back. A handle that is still in a transaction is closed instead of lent again. */
  readonly release: () => void;
}

/** Handles for transactions that read a snapshot of their own: opened when first needed, at most `size`, kept for the next. */
export class SessionPool {
  readonly #open: (deadline: Deadline) => Promise<SqliteHandle>;
  readonly #gate: FifoGate;
  readonly #idle: SqliteHandle[] = [];
  #closed = false;

  constructor(size: number, open: (deadline: Deadline) => Promise<SqliteHandle>) {
    this.#open = open;
    this.#gate = new FifoGate(size, 'waiting for a free reader (all "pool.readers" are in a transaction)');
  }

  get waiting(): number {
    return this.#gate.waiting;
  }

  async acquire(deadline: Deadline): Promise<Session> {
    const releasePlace = await this.#gate.acquire(deadline);
    try {
      const handle = this.#idle.pop() ?? (await this.#open(deadline));
      return { handle, release: () => this.#giveBack(handle, releasePlace) };
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
