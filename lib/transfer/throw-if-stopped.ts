import { createAbortedError } from '../errors/wait-errors.js';

/** @throws DatabaseError `aborted`, where stopping leaves nothing half done */
export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw createAbortedError('before the next piece of the transfer', signal.reason);
}
