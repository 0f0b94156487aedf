import type { CallOptions, Consistency } from '../contract/statement.js';
import { createArgsError } from '../errors/usage-errors.js';

const known: readonly string[] = [
  'timeoutMs',
  'signal',
  'idempotent',
  'consistency',
] satisfies (keyof CallOptions)[];

const consistencies: readonly unknown[] = ['read-your-writes', 'replica', 'primary', undefined] satisfies (
  Consistency | undefined
)[];

/**
 * Refuses what would be ignored without a word: a deadline under a wrong name is no deadline.
 * @throws DatabaseError `ARGS_INVALID`
 */
export function checkCallOptions(options: CallOptions): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw createArgsError(`unknown call option "${unknown}"; there are ${known.join(', ')}`);
  }
  checkTimeout(options.timeoutMs);
  checkConsistency(options.consistency);
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    throw createArgsError('"signal" is an AbortSignal');
  }
}

/** @throws DatabaseError `ARGS_INVALID` */
export function checkConsistency(consistency: unknown): void {
  if (consistencies.includes(consistency)) return;
  throw createArgsError('"consistency" is "read-your-writes", "replica" or "primary"');
}

/** @throws DatabaseError `ARGS_INVALID` */
export function checkTimeout(timeoutMs: unknown): void {
  if (timeoutMs === undefined || (typeof timeoutMs === 'number' && !Number.isNaN(timeoutMs))) return;
  throw createArgsError('"timeoutMs" is a number of milliseconds');
}
