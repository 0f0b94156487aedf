import { createAbortedError, createTimeoutError } from '../errors/wait-errors.js';
import { throwIfOver, type Deadline } from './deadline.js';
import { QueueWatch } from './queue-watch.js';

/** Gives a place back. Calling it again does nothing. */
export type Release = () => void;

/** Who asks for a place. */
export interface Guest {
  /** Whoever may serve it while it waits, instead of it getting a place. */
  readonly host?: object;
  readonly deadline: Deadline;
  onPlace(release: Release): void;
  /** @param error `timeout` or `aborted`, outcome `not-applied` */
  onRefused(error: Error): void;
}

/**
 * Lets at most `capacity` holders in, in the order in which they asked. A place passes straight to the next waiter, so nobody can
 * overtake; a waiter that times out or is aborted leaves the queue at once.
 */
export class FifoGate {
  readonly #capacity: number;
  readonly #doing: string;
  readonly #waiters = new Set<Guest>();
  readonly #watch = new QueueWatch(this.#waiters, {
    onOver: (guest) => this.#refuse(guest, this.createTimeoutError(guest.deadline.timeoutMs)),
    onAborted: (guest, reason) => this.#refuse(guest, createAbortedError(this.#doing, reason)),
  });
  #held = 0;
  #holder: string | undefined;
  #asked = 0;

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

  /** How many have asked for a place so far. */
  get asked(): number {
    return this.#asked;
  }

  /** What a waiter does, for its error. */
  get doing(): string {
    return this.#doing;
  }

  /** The error of one who has waited too long. */
  createTimeoutError(timeoutMs: number): Error {
    return createTimeoutError(this.#doing, timeoutMs, this.#holder);
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
    this.#asked++;
    return (
      this.tryAcquire() ?? new Promise((onPlace, onRefused) => this.#add({ deadline, onPlace, onRefused }))
    );
  }

  /**
   * Asks for a place like `acquire`. A guest may get none: whoever holds one may serve it. One whose time is over is refused in the queue;
   * with a place it has to look by itself.
   * @throws DatabaseError `aborted`, outcome `not-applied`
   */
  ask(guest: Guest): void {
    const { signal } = guest.deadline;
    if (signal?.aborted) throw createAbortedError(this.#doing, signal.reason);
    const free = this.tryAcquire();
    if (free === undefined) this.#add(guest);
    else guest.onPlace(free);
  }

  /** The first in the queue, when `host` may serve it. */
  guestOf<G extends Guest>(host: G['host']): G | undefined {
    const first = this.#first;
    return first?.host === host ? (first as G) : undefined;
  }

  /** Takes a guest out of the queue, to serve it: the first one, so that nobody is overtaken. The host watches its deadline then. */
  take(guest: Guest): void {
    this.#remove(guest);
  }

  get #first(): Guest | undefined {
    return this.#waiters.values().next().value;
  }

  #add(guest: Guest): void {
    this.#waiters.add(guest);
    this.#watch.add(guest);
  }

  #remove(guest: Guest): void {
    this.#waiters.delete(guest);
    this.#watch.remove(guest);
  }

  #refuse(guest: Guest, error: Error): void {
    this.#remove(guest);
    guest.onRefused(error);
  }

  #createRelease(): Release {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#holder = undefined;
      const next = this.#first;
      if (next === undefined) {
        this.#held--;
        return;
      }
      this.#remove(next);
      next.onPlace(this.#createRelease());
    };
  }
}
