import { createAbortedError, createTimeoutError } from '../errors/wait-errors.js';
import { remainingMs, throwIfOver, type Deadline } from './deadline.js';

/** Gives a place back. Calling it again does nothing. */
export type Release = () => void;

interface Waiter {
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
}

/**
 * Lets at most `capacity` holders in, in the order in which they asked. A place passes straight to the next waiter, so nobody can
 * overtake; a waiter that times out or is aborted leaves the queue at once.
 */
export class FifoGate {
  readonly #capacity: number;
  readonly #doing: string;
  readonly #waiters = new Set<Waiter>();
  #held = 0;
  #holder: string | undefined;

  /** @param doing what a waiter does, for its error: `'waiting for the write gate'` */
  constructor(capacity: number, doing: string) {
    this.#capacity = capacity;
    this.#doing = doing;
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** How many places are taken now. */
  get held(): number {
    return this.#held;
  }

  /** Says who holds the gate until it is given back, for the error of those who wait in vain. */
  describeHolder(holder: string): void {
    this.#holder = holder;
  }

  /** Takes a place if one is free and nobody waits. */
  tryAcquire(): Release | undefined {
    if (this.#held >= this.#capacity || this.#waiters.size > 0) return undefined;
    this.#held++;
    return this.#createRelease();
  }

  /**
   * Takes a place, waiting for it in order.
   * @throws DatabaseError `timeout` or `aborted`, outcome `not-applied`
   */
  async acquire(deadline: Deadline): Promise<Release> {
    throwIfOver(deadline, this.#doing);
    const free = this.tryAcquire();
    if (free !== undefined) return free;
    await this.#wait(deadline);
    return this.#createRelease();
  }

  #wait(deadline: Deadline): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        deadline.signal?.removeEventListener('abort', abort);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        admit: () => {
          leave();
          resolve();
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      const abort = (): void => waiter.refuse(createAbortedError(this.#doing, deadline.signal?.reason));
      const timer = setTimeout(
        () => waiter.refuse(createTimeoutError(this.#doing, deadline.timeoutMs, this.#holder)),
        remainingMs(deadline),
      );
      deadline.signal?.addEventListener('abort', abort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  #createRelease(): Release {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#holder = undefined;
      const [next] = this.#waiters;
      if (next === undefined) this.#held--;
      else next.admit();
    };
  }
}
