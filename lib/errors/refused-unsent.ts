import type { DatabaseError } from './database-error.js';

/** Code of a call that was not sent, because the last ones were not answered. */
export const circuitOpenCode = 'CIRCUIT_OPEN';

/** Code of a call that was not sent, because the database was not there at boot. */
export const degradedCode = 'DEGRADED';

const refusing = new WeakMap<DatabaseError, string>();

/**
 * Notes which database a call was not sent to.
 * @param database without credentials, such as `turso at db.example.com`
 */
export function markRefused(error: DatabaseError, database: string): DatabaseError {
  refusing.set(error, database);
  return error;
}

/** The database that a call was not sent to; undefined for errors of another copy of this package. */
export function findRefusing(error: DatabaseError): string | undefined {
  return refusing.get(error);
}

/** Whether a call was not sent because the database is known not to answer: nobody waits for it then, and the log has told. */
export function isRefusedUnsent({ code }: DatabaseError): boolean {
  return code === circuitOpenCode || code === degradedCode;
}
