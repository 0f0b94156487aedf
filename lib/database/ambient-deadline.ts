import { AsyncLocalStorage } from 'node:async_hooks';
import { setMaxListeners } from 'node:events';
import { createDeadline, narrowDeadline, throwIfOver, type Deadline } from '../async/deadline.js';

/** A timer may be early: a call that comes behind one that timed out must not be sent for the rest of a millisecond. */
const timerEarlyMs = 2;

const ambient = new AsyncLocalStorage<AmbientDeadline | undefined>();

/** No deadline was ever put around anything: then there is nothing to look up. */
let isUnused = true;

function current(): AmbientDeadline | undefined {
  return isUnused ? undefined : ambient.getStore();
}

/** A signal that fires with either of two others, until it is parted from them. */
interface MergedSignal {
  readonly signal: AbortSignal;
  readonly part: () => void;
}

/**
 * A deadline around work that does not know of it, such as a request: it bounds every call of every connection made inside.
 * The signal of a connection outlives it by far, and `AbortSignal.any` keeps about 50 bytes of each merger for as long (measured with
 * Node 20.20). So the two are merged by hand, once for each connection, and parted at the end.
 */
export class AmbientDeadline {
  readonly #deadline: Deadline;
  readonly #signal: AbortSignal;
  readonly #merged = new Map<AbortSignal, MergedSignal>();
  #inFlight = 0;
  #ended = false;

  /** Starts now; one that is around already is never made longer. */
  constructor(timeoutMs: number, signal: AbortSignal) {
    const outer = current();
    this.#deadline =
      outer === undefined ? createDeadline(timeoutMs) : narrowDeadline(outer.#deadline, timeoutMs);
    this.#signal = signal;
  }

  /**
   * The earlier end of a call's own deadline and of this one.
   * @throws DatabaseError `timeout` or `aborted`, outcome `not-applied`, when this one is over already
   */
  narrow(call: Deadline): Deadline {
    const deadline = this.#deadline;
    this.throwIfOver();
    return { ...narrowDeadline(deadline, call.timeoutMs), signal: this.#mergeWith(call.signal) };
  }

  /** @throws DatabaseError `timeout` or `aborted`, outcome `not-applied` */
  throwIfOver(): void {
    const deadline = this.#deadline;
    const expiresAt = deadline.expiresAt - timerEarlyMs;
    throwIfOver({ ...deadline, expiresAt, signal: this.#signal }, 'before the call: the request is over');
  }

  /** A call begins; a close of its connection must reach it as long as it runs. */
  hold(): void {
    this.#inFlight++;
  }

  release(): void {
    if (--this.#inFlight === 0 && this.#ended) this.#part();
  }

  /** Nothing will abort it any more. Its time still holds. */
  end(): void {
    this.#ended = true;
    if (this.#inFlight === 0) this.#part();
  }

  #mergeWith(other: AbortSignal | undefined): AbortSignal | undefined {
    if (other === undefined || other.aborted) return other ?? this.#signal;
    const merged = this.#merged.get(other) ?? mergeSignals(this.#signal, other);
    this.#merged.set(other, merged);
    return merged.signal;
  }

  #part(): void {
    for (const { part } of this.#merged.values()) part();
    this.#merged.clear();
  }
}

function mergeSignals(...sources: AbortSignal[]): MergedSignal {
  const merged = new AbortController();
  setMaxListeners(0, merged.signal);
  const removals = sources.map((source) => {
    const abort = (): void => merged.abort(source.reason);
    source.addEventListener('abort', abort, { once: true });
    return () => source.removeEventListener('abort', abort);
  });
  return { signal: merged.signal, part: () => removals.forEach((remove) => remove()) };
}

/** Runs `work` so that the deadline bounds every call made inside. */
export function runWithinDeadline<T>(deadline: AmbientDeadline, work: () => T): T {
  isUnused = false;
  return ambient.run(deadline, work);
}

/**
 * Runs `work` outside of the deadline of the request around it: for what goes on when the request is answered or its client is gone.
 * Calls inside are bounded by their own `timeoutMs` again.
 */
export function withoutRequestDeadline<T>(work: () => T): T {
  return current() === undefined ? work() : ambient.run(undefined, work);
}

/** The deadline of a call, narrowed by the one around it where there is one. */
export function narrowToAmbient(deadline: Deadline): Deadline {
  return current()?.narrow(deadline) ?? deadline;
}

/** Whether a deadline is around a call. */
export function isInRequest(): boolean {
  return current() !== undefined;
}

/**
 * Asks the deadline around a call that waits for nothing.
 * @throws DatabaseError `timeout` or `aborted`, outcome `not-applied`, when it is over
 */
export function throwIfRequestIsOver(): void {
  current()?.throwIfOver();
}

/** Tells the deadline around a call that the call begins; `release` tells its end. */
export function holdAmbientDeadline(): AmbientDeadline | undefined {
  const around = current();
  around?.hold();
  return around;
}
