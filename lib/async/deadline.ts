import { createAbortedError, createTimeoutError } from '../errors/wait-errors.js';

/** Until when a call may last, and what may end it earlier. One deadline goes through every room that a call passes. */
export interface Deadline {
  /** The length asked for, in milliseconds, for messages. */
  readonly timeoutMs: number;
  /** The moment it ends, on the clock of `performance.now()`. */
  readonly expiresAt: number;
  readonly signal: AbortSignal | undefined;
}

/** A timer of Node fires at once beyond this. */
const longestTimerMs = 2_147_483_647;

/** Starts a deadline now; one beyond the longest timer (`Infinity`, 25 days) ends with that timer. */
export function createDeadline(timeoutMs: number, signal?: AbortSignal): Deadline {
  const lengthMs = Math.min(timeoutMs, longestTimerMs);
  return { timeoutMs: lengthMs, expiresAt: performance.now() + lengthMs, signal };
}

/** The earlier of a deadline and `timeoutMs` from now; the signals of both hold. */
export function narrowDeadline(outer: Deadline, timeoutMs: number, signal?: AbortSignal): Deadline {
  const inner = createDeadline(timeoutMs, signal);
  const first = inner.expiresAt < outer.expiresAt ? inner : outer;
  return { ...first, signal: mergeSignals(outer.signal, signal) };
}

/** Milliseconds left, never negative. */
export function remainingMs(deadline: Deadline): number {
  return Math.max(0, deadline.expiresAt - performance.now());
}

/**
 * Throws when the deadline is over or its signal has fired, before anything was sent.
 * @throws DatabaseError `timeout` or `aborted`, outcome `not-applied`
 */
export function throwIfOver(deadline: Deadline, doing: string, now = performance.now()): void {
  if (deadline.signal?.aborted) throw createAbortedError(doing, deadline.signal.reason);
  if (now >= deadline.expiresAt) throw createTimeoutError(doing, deadline.timeoutMs);
}

/**
 * Node 20 holds the sources of a merged signal weakly, also an `AbortSignal.timeout()` that nobody else holds: collected, it never
 * fires (measured, 20.20). https://github.com/nodejs/node/issues/57736
 */
const sourcesOf = new WeakMap<AbortSignal, readonly AbortSignal[]>();

function mergeSignals(
  first: AbortSignal | undefined,
  second: AbortSignal | undefined,
): AbortSignal | undefined {
  if (first === undefined || second === undefined || first === second) return first ?? second;
  const merged = AbortSignal.any([first, second]);
  sourcesOf.set(merged, [first, second]);
  return merged;
}
