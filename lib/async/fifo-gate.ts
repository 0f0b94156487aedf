import { createAbortedError, createTimeoutError } from '../errors/wait-errors.js';
import { remainingMs, throwIfOver, type Deadline } from './deadline.js';

/** Gives a place back. Calling it again does nothing. */
export type Release = () => void;

interface Waiter {
  /** @param place false when somebody else does what it came for */
  readonly admit: (place: boolean) => void;
  readonly refuse: (error: Error) => void;
  /** Leaves the queue: neither deadline nor signal ends the wait any more. */
  readonly leave: () => void;
  readonly guest: Guest | undefined;
}

/** Who asks for a place, and may be served by the holder instead of getting one. */
export interface Guest {
  /** Whoever may serve it. */
  readonly host: object;
}

/** A guest that left the queue, whose caller waits until it was served. */
export interface TakenGuest<G extends Guest> {
  readonly guest: G;
  readonly onServed: () => void;
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
    const free = this.tryAcquire();
    if (free !== undefined) return free;
    await this.#wait(deadline, undefined);
    return this.#createRelease();
  }

  /**
   * Takes a place like `acquire`, or none when a holder before has served the guest.
   * @throws DatabaseError `timeout` or `aborted`, outcome `not-applied`
   */
  async acquireOrBeServed(deadline: Deadline, guest: Guest): Promise<Release | undefined> {
    throwIfOver(deadline, this.#doing);
    const free = this.tryAcquire();
    if (free !== undefined) return free;
    return (await this.#wait(deadline, guest)) ? this.#createRelease() : undefined;
  }

  /** True when the first in the queue may be served by `host`. */
  hasGuestOf(host: object): boolean {
    const [first] = this.#waiters;
    return first?.guest?.host === host;
  }

  /** Takes the first in the queue out of it when `host` may serve it: nobody is overtaken. The host watches its deadline then. */
  takeGuestOf<G extends Guest>(host: G['host']): TakenGuest<G> | undefined {
    const [first] = this.#waiters;
    if (first?.guest?.host !== host) return undefined;
    first.leave();
    return { guest: first.guest as G, onServed: () => first.admit(false) };
  }

  #wait(deadline: Deadline, guest: Guest | undefined): Promise<boolean> {
    return new Promise<boolean>((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        deadline.signal?.removeEventListener('abort', abort);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        admit: (place) => {
          leave();
          resolve(place);
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
        leave,
        guest,
      };
      const abort = (): void => waiter.refuse(createAbortedError(this.#doing, deadline.signal?.reason));
      const timer = setTimeout(
        () => waiter.refuse(this.createTimeoutError(deadline.timeoutMs)),
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
      else next.admit(true);
    };
  }
}
