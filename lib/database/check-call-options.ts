import type { CallOptions, Consistency } from '../contract/statement.js';
import type { TransactionOptions } from './transaction-options.js';
import { createArgsError } from '../errors/usage-errors.js';

const known: readonly string[] = [
  'timeoutMs',
  'signal',
  'idempotent',
  'consistency',
] satisfies (keyof CallOptions)[];

const knownOfTransactions: readonly string[] = [
  'mode',
  'propagation',
  'timeoutMs',
  'maxAttempts',
  'idempotent',
  'consistency',
] satisfies (keyof TransactionOptions)[];

const consistencies: readonly unknown[] = ['read-your-writes', 'replica', 'primary', undefined] satisfies (
  Consistency | undefined
)[];

/**
 * Refuses what would be ignored without a word: a deadline under a wrong name is no deadline.
 * @throws DatabaseError `ARGS_INVALID`
 */
export function checkCallOptions(options: CallOptions): void {
  assertKnown(options, known, 'call');
  checkTimeout(options.timeoutMs);
  checkConsistency(options.consistency);
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    throw createArgsError('"signal" is an AbortSignal');
  }
}

/**
 * The same for `withTransaction`.
 * @throws DatabaseError `ARGS_INVALID`
 */
export function checkTransactionOptions(options: TransactionOptions): void {
  assertKnown(options, knownOfTransactions, 'transaction');
  checkConsistency(options.consistency);
}

function assertKnown(options: object, names: readonly string[], what: string): void {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw createArgsError(`unknown ${what} option "${unknown}"; there are ${names.join(', ')}`);
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
