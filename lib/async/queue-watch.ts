import { remainingMs, type Deadline } from './deadline.js';

/** What to do with somebody whose wait is over: he has to leave the queue. */
export interface EndOfWait<W> {
  onOver(waiter: W): void;
  onAborted(waiter: W, reason: unknown): void;
}

/** A timer may be early by less than this, in milliseconds. */
const timerEarlyMs = 1;

interface WatchedSignal {
  readonly signal: AbortSignal;
  waiters: number;
  readonly abort: () => void;
}

/**
 * Watches the deadlines and signals of everybody in a queue, with one timer, and one listener for each signal: most waits are short, and
 * a timer and a listener for each would cost more than what is waited for.
 */
export class QueueWatch<W extends { readonly deadline: Deadline }> {
  readonly #queue: ReadonlySet<W>;
  readonly #ends: EndOfWait<W>;
  readonly #signals = new Map<AbortSignal, WatchedSignal>();
  #last: WatchedSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  #endsAt = Infinity;

  /** @param queue those who wait, in order */
  constructor(queue: ReadonlySet<W>, ends: EndOfWait<W>) {
    this.#queue = queue;
    this.#ends = ends;
  }

  /** Called when somebody has come. */
  add({ deadline }: W): void {
    if (deadline.expiresAt < this.#endsAt) this.#endAt(deadline);
    const { signal } = deadline;
    if (signal === undefined) return;
    const known = this.#find(signal) ?? this.#listenTo(signal);
    known.waiters++;
  }

  /** Called when somebody has left. */
  remove({ deadline: { signal } }: W): void {
    const known = signal && this.#find(signal);
    if (known !== undefined && --known.waiters === 0) {
      signal?.removeEventListener('abort', known.abort);
      this.#signals.delete(signal as AbortSignal);
      this.#last = undefined;
    }
    if (this.#queue.size === 0) this.#stop();
  }

  /** Most of a queue share one. */
  #find(signal: AbortSignal): WatchedSignal | undefined {
    if (this.#last?.signal !== signal) this.#last = this.#signals.get(signal);
    return this.#last;
  }

  #listenTo(signal: AbortSignal): WatchedSignal {
    const abort = (): void => {
      for (const each of [...this.#queue])
        if (each.deadline.signal === signal) this.#ends.onAborted(each, signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#last = { signal, waiters: 0, abort };
    this.#signals.set(signal, this.#last);
    return this.#last;
  }

  #endAt(deadline: Deadline): void {
    this.#stop();
    this.#endsAt = deadline.expiresAt;
    this.#timer = setTimeout(() => this.#endThoseOver(), remainingMs(deadline));
  }

  #endThoseOver(): void {
    this.#stop();
    const now = performance.now() + timerEarlyMs;
    let first: Deadline | undefined;
    for (const each of [...this.#queue]) {
      const { deadline } = each;
      if (deadline.expiresAt <= now) this.#ends.onOver(each);
      else if (first === undefined || deadline.expiresAt < first.expiresAt) first = deadline;
    }
    if (first !== undefined) this.#endAt(first);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#endsAt = Infinity;
  }
}
