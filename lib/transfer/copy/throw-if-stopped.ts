import { TransferInterruptedError } from '../transfer-errors.js';

/** Between two commits is the place to stop. */
export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new TransferInterruptedError('stopped by the caller', 'aborted', signal.reason);
}
