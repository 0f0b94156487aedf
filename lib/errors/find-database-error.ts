import { DatabaseError, type DatabaseErrorKind } from './database-error.js';

/** Wrapped errors are rarely deeper than three; the bound keeps a cyclic `cause` from looping. */
const maxDepth = 16;

/**
 * Finds the `DatabaseError` in an error or in its chain of `cause` (Drizzle and others wrap what a client throws).
 * @param kind only an error of this kind
 */
export function findDatabaseError(error: unknown, kind?: DatabaseErrorKind): DatabaseError | undefined {
  let current = error;
  for (let depth = 0; depth < maxDepth && typeof current === 'object' && current !== null; depth++) {
    if (current instanceof DatabaseError && (kind === undefined || current.kind === kind)) return current;
    current = (current as { cause?: unknown }).cause;
  }
  return undefined;
}

/**
 * Says whether an error, or one that it wraps, is a `DatabaseError`, also one of another copy of this package.
 * @param kind only an error of this kind counts
 */
export function isDatabaseError(error: unknown, kind?: DatabaseErrorKind): boolean {
  return findDatabaseError(error, kind) !== undefined;
}
