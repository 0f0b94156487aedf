// not the global: a test's fake timers must not stop a database
import { setImmediate } from 'node:timers';
import { throwIfOver, type Deadline } from './deadline.js';

/**
 * How long inline work may go on in one turn of the event loop, in milliseconds. Without a bound, a loop of awaited calls never lets
 * a timer or a socket in: promises run before both.
 */
const longestTurnMs = 2;

const doing = 'waiting for the event loop';

interface Waiter {
  readonly deadline: Deadline;
  readonly admit: () => void;
  readonly refuse: (error: unknown) => void;
}

/** The part of the event loop that work in this thread may have: what comes after 2 ms of one turn waits for the next, in order. */
export class EventLoopShare {
  /** In order of arrival; those before `#next` were admitted in this turn. */
  #waiters: Waiter[] = [];
  #next = 0;
  #turnBegan: number | undefined;
  #isAdmitting = false;

  /**
   * Asks before a piece of inline work.
   * @returns undefined when it may run at once, otherwise what to await
   * @throws DatabaseError `timeout` or `aborted`, outcome `not-applied`, as a rejection
   */
  enter(deadline: Deadline): Promise<void> | undefined {
    if (this.tryEnter()) return undefined;
    return new Promise<void>((admit, refuse) => this.#waiters.push({ deadline, admit, refuse }));
  }

  /** @returns false when the work has to wait for a later turn: `enter` says how */
  tryEnter(now = performance.now()): boolean {
    return this.#next === this.#waiters.length && !this.#isAdmitting && this.#hasTimeLeft(now);
  }

  #hasTimeLeft(now = performance.now()): boolean {
    if (this.#turnBegan !== undefined) return now - this.#turnBegan < longestTurnMs;
    this.#turnBegan = now;
    setImmediate(() => this.#beginTurn());
    return true;
  }

  #beginTurn(): void {
    this.#turnBegan = undefined;
    const now = performance.now();
    this.#waiters = this.#waiters.slice(this.#next).filter((waiter) => !refuseIfOver(waiter, now));
    this.#next = 0;
    this.#admitNext();
  }

  /** One after another, each with its work done before the next. */
  #admitNext(): void {
    this.#isAdmitting = false;
    const waiter = this.#waiters[this.#next];
    if (waiter === undefined || !this.#hasTimeLeft()) return;
    this.#isAdmitting = true;
    this.#next++;
    waiter.admit();
    queueMicrotask(() => this.#admitNext());
  }
}

/** Asked of everybody in each turn, so that nobody waits beyond a deadline for those before. */
function refuseIfOver({ deadline, refuse }: Waiter, now: number): boolean {
  if (now < deadline.expiresAt && deadline.signal?.aborted !== true) return false;
  try {
    throwIfOver(deadline, doing);
    return false;
  } catch (error) {
    refuse(error);
    return true;
  }
}

/** Everybody's in this thread. */
export const eventLoopShare = new EventLoopShare();
