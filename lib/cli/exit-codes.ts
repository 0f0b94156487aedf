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
  /** Stopped under way; the command that goes on is printed. */
  interrupted: 4,
  /** The server, a file or the report failed: the same command may be tried again. */
  failed: 5,
  /** Target or work folder belong to another transfer, somebody else wrote to the target, or it refuses a definition. */
  conflict: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const conflicts = ['TRANSFER_CONFLICT', 'TRANSFER_BUSY', 'TRANSFER_FILE_IN_USE', 'TRANSFER_BAD_DEFINITION'];

/** What a command that threw ends with. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof DatabaseError)) return exitCodes.failed;
  if (error instanceof TransferInterruptedError || error.kind === 'aborted') return exitCodes.interrupted;
  if (conflicts.includes(error.code)) return exitCodes.conflict;
  if (error.code === 'BACKUP_DIFFERS') return exitCodes.mismatch;
  return error.kind === 'configuration' || error.kind === 'auth' ? exitCodes.usage : exitCodes.failed;
}
