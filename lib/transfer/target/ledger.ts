import type { HranaStatement } from '../../drivers/turso/hrana-protocol.js';
import { DatabaseError } from '../../errors/database-error.js';
import { createTransferError } from '../transfer-errors.js';
import { advanceCheckpoint, readCheckpoint, type Checkpoint, type LoadState } from './checkpoint.js';
import { commit } from './commit.js';
import { asPassing, Patience } from './patience.js';
import type { TargetDatabase } from './target-database.js';

/**
 * Applies each piece of a transfer exactly once. The checkpoint moves in the piece's own transaction; so when a reply is lost, the
 * target itself tells whether the piece was applied, and a piece that arrives twice fails the second time.
 */
export class Ledger {
  readonly #target: TargetDatabase;
  readonly #patience: Patience;
  #checkpoint: Checkpoint;

  constructor(target: TargetDatabase, checkpoint: Checkpoint) {
    this.#target = target;
    this.#checkpoint = checkpoint;
    this.#patience = new Patience(target.options.patienceMs, target.options.signal);
  }

  get state(): LoadState {
    return this.#checkpoint.state;
  }

  /**
   * Applies the statements and moves the state, in one transaction.
   * @throws DatabaseError `not-applied` when the target refuses the statements, TransferInterruptedError when it stays away
   */
  async advance(statements: readonly HranaStatement[], to: LoadState): Promise<void> {
    const from = this.#checkpoint;
    for (;;) {
      try {
        await commit(this.#target, [advanceCheckpoint(from, to), ...statements]);
        break;
      } catch (error) {
        if (await this.#wasApplied(error, from, to)) break;
      }
    }
    this.#checkpoint = { ...from, position: from.position + 1, state: to };
    this.#patience.renew();
  }

  /** @throws the error itself when it is the answer to the statements */
  async #wasApplied(error: unknown, from: Checkpoint, to: LoadState): Promise<boolean> {
    if (!(error instanceof DatabaseError)) throw error;
    const isAhead = error.kind === 'constraint' && error.table === 'nestjs_turso_transfer';
    if (error.outcome === 'not-applied' && !isAhead) {
      await this.#patience.wait(error);
      return false;
    }
    const found = await readCheckpoint(this.#target);
    if (found?.transferId === from.transferId) {
      if (found.position === from.position && !isAhead) {
        await this.#patience.wait(asPassing(error));
        return false;
      }
      const isOurs = JSON.stringify(found.state) === JSON.stringify(to);
      if (found.position === from.position + 1 && isOurs) return true;
    }
    throw createTransferError(
      'another process works on this transfer, or removed its books',
      'TRANSFER_CONFLICT',
      error,
    );
  }
}
