import { DatabaseError } from '../errors/database-error.js';
import { TransferInterruptedError } from '../transfer/index.js';

/** What a shell learns. */
export const exitCodes = {
  /** Copied and verified, or nothing to object. */
  verified: 0,
  /** Wrong use, a refused token, or a plan with problems: nothing was written. */
  usage: 1,
  /** Copied and verified, but rows were left out. */
  rejects: 2,
  /** Source and target differ. */
  mismatch: 3,
  /** Stopped between two commits: `--resume` goes on. */
  interrupted: 4,
  /** The server, a file or the report failed: the same command may be tried again. */
  failed: 5,
  /** Target or work folder belong to another transfer, or somebody else wrote to the target. */
  conflict: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a command that threw ends with. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof DatabaseError)) return exitCodes.failed;
  if (error instanceof TransferInterruptedError || error.kind === 'aborted') return exitCodes.interrupted;
  if (error.code === 'TRANSFER_CONFLICT' || error.code === 'TRANSFER_BUSY') return exitCodes.conflict;
  return error.kind === 'configuration' || error.kind === 'auth' ? exitCodes.usage : exitCodes.failed;
}
