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
  readonly run: () => void;
  readonly refuse: (error: unknown) => void;
}

/** The part of the event loop that work in this thread may have: what comes after 2 ms of one turn waits for the next, in order. */
export class EventLoopShare {
  #waiters: Waiter[] = [];
  #turnBegan: number | undefined;
  #turns = 0;

  /**
   * Runs a piece of work: at once, or in order in a later turn.
   * @throws DatabaseError `timeout` or `aborted`, outcome `not-applied`, when its turn does not come before; or what the work throws
   */
  run<T>(work: () => T, deadline: Deadline): T | Promise<T> {
    if (this.tryEnter()) return work();
    return new Promise<T>((resolve, refuse) => {
      const run = (): void => {
        try {
          resolve(work());
        } catch (error) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as it was thrown
          refuse(error);
        }
      };
      this.#waiters.push({ deadline, run, refuse });
    });
  }

  /** Another number in each turn in which work was let in; undefined in one in which none was yet. */
  get turn(): number | undefined {
    return this.#turnBegan === undefined ? undefined : this.#turns;
  }

  /** @returns false when the work has to wait for a later turn: `run` does */
  tryEnter(now = performance.now()): boolean {
    return this.#waiters.length === 0 && this.#hasTimeLeft(now);
  }

  #hasTimeLeft(now: number): boolean {
    if (this.#turnBegan !== undefined) return now - this.#turnBegan < longestTurnMs;
    this.#turnBegan = now;
    setImmediate(() => this.#beginTurn());
    return true;
  }

  /** Those who waited run one right behind the other: were each resumed first, he would ask again and wait behind them for ever. */
  #beginTurn(): void {
    this.#turnBegan = undefined;
    this.#turns++;
    const now = performance.now();
    const queue = this.#waiters.filter((waiter) => !refuseIfOver(waiter, now));
    this.#waiters = queue;
    let next = 0;
    while (next < queue.length && this.#hasTimeLeft(performance.now())) queue[next++]?.run();
    this.#waiters = queue.slice(next);
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
