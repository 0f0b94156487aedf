import { DatabaseError, type DatabaseErrorKind } from '../errors/database-error.js';
import type { TransferProblem } from './plan/transfer-plan.js';

/** The plan found something that must not or cannot move. Nothing was written. */
export class TransferRefusedError extends DatabaseError {
  readonly problems: readonly TransferProblem[];

  constructor(problems: readonly TransferProblem[]) {
    const list = problems.map(({ kind, object, message }) => `${kind} ${object}: ${message}`).join('; ');
    super(`nothing was written, because the plan has problems: ${list}`, {
      code: 'TRANSFER_REFUSED',
      kind: 'configuration',
      outcome: 'not-applied',
    });
    this.name = 'TransferRefusedError';
    this.problems = problems;
  }
}

/** A transfer that stopped between two commits: what is committed stays, and a resume goes on behind it. */
export class TransferInterruptedError extends DatabaseError {
  constructor(reason: string, kind: DatabaseErrorKind, cause?: unknown) {
    super(`interrupted: ${reason}; a resume goes on where the last commit stands`, {
      code: 'TRANSFER_INTERRUPTED',
      kind,
      outcome: 'not-applied',
      cause,
    });
    this.name = 'TransferInterruptedError';
  }
}

/** For a target that holds something where there is no record: a resume may have come behind the end of its copy. */
export function tellOfEnd({ resume }: { readonly resume: boolean }): string {
  return resume ? '; or the copy was complete: run "verify"' : '';
}

/** Wrong use: a resume without a beginning, a target that belongs to another transfer, a missing source. */
export function createTransferError(message: string, code: string, cause?: unknown): DatabaseError {
  return new DatabaseError(message, { code, kind: 'configuration', outcome: 'not-applied', cause });
}
