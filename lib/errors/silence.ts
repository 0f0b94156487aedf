import { DatabaseError } from './database-error.js';

const silences = new WeakSet<Error>();

/** Notes that a call failed because its database did not answer; only a driver knows. */
export function markSilence<E extends DatabaseError>(error: E): E {
  silences.add(error);
  return error;
}

/** The marked error among this one and those that it was made from; undefined when the database had answered. */
export function findSilence(error: unknown): DatabaseError | undefined {
  if (!(error instanceof DatabaseError)) return undefined;
  return silences.has(error) ? error : findSilence(error.cause);
}
