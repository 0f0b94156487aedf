import type { DatabaseError } from './database-error.js';

/** Code of a call that was not sent, because the last ones were not answered. */
export const circuitOpenCode = 'CIRCUIT_OPEN';

/** Code of a call that was not sent, because the database was not there at boot. */
export const degradedCode = 'DEGRADED';

/** Whether a call was not sent because the database is known not to answer: nobody waits for it then, and the log has told. */
export function isRefusedUnsent({ code }: DatabaseError): boolean {
  return code === circuitOpenCode || code === degradedCode;
}
