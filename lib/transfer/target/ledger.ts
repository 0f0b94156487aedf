import type { HranaStatement } from '../../drivers/turso/hrana-protocol.js';
import { DatabaseError } from '../../errors/database-error.js';
import { createTransferError } from '../transfer-errors.js';
import { advanceCheckpoint, readCheckpoint, type Checkpoint, type LoadState } from './checkpoint.js';
import { commit } from './commit.js';
import { asPassing, Patience } from './patience.js';
import type { TargetDatabase } from './target-database.js';

/** A piece of a transfer: its statements, and the state behind it. */
export interface Piece {
  readonly statements: readonly HranaStatement[];
  readonly to: LoadState;
}

/**
 * Applies each piece of a transfer exactly once. The checkpoint moves in the piece's own transaction; so when a reply is lost, the
 * target itself tells whether the piece was applied, and a piece that arrives twice fails the second time. Several pieces may be on
 * their way: each fails unless the one before it is applied.
 */
export class Ledger {
  readonly #target: TargetDatabase;
  readonly #patience: Patience;
  #checkpoint: Checkpoint;
  /** The states behind the pieces on their way, in order. */
  #sent: LoadState[] = [];

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
    // another way from here: what was sent before leads nowhere any more
    if (!isSame(to, this.#sent[0])) this.#sent = [to];
    for (;;) {
      try {
        await commit(this.#target, [advanceCheckpoint(from, to), ...statements]);
        return this.confirm();
      } catch (error) {
        if (await this.#wasApplied(error, from)) return this.#patience.renew();
      }
    }
  }

  /**
   * Sends a piece behind those that are on their way already. Once, and no state moves: `confirm` says that it was applied, `settle`
   * finds out.
   */
  send({ statements, to }: Piece): Promise<void> {
    const { transferId, position } = this.#checkpoint;
    const state = this.#sent.at(-1) ?? this.#checkpoint.state;
    const from = { transferId, position: position + this.#sent.length, state };
    this.#sent.push(to);
    return commit(this.#target, [advanceCheckpoint(from, to), ...statements]);
  }

  /** The oldest piece on its way was applied. */
  confirm(): void {
    const state = this.#sent.shift();
    const { position } = this.#checkpoint;
    if (state !== undefined) this.#checkpoint = { ...this.#checkpoint, position: position + 1, state };
    this.#patience.renew();
  }

  /**
   * Asks the target how many of the pieces that were sent are applied, when each was answered or given up.
   * @throws DatabaseError `TRANSFER_CONFLICT` when the target stands where none of them leads
   */
  async settle(): Promise<number> {
    const before = this.#checkpoint.position;
    this.#follow(await readCheckpoint(this.#target), 0, undefined);
    return this.#checkpoint.position - before;
  }

  /** @throws the error itself when it is the answer to the statements */
  async #wasApplied(error: unknown, from: Checkpoint): Promise<boolean> {
    if (!(error instanceof DatabaseError)) throw error;
    const isElsewhere = error.kind === 'constraint' && error.table === 'nestjs_turso_transfer';
    if (error.outcome === 'not-applied' && !isElsewhere) {
      await this.#patience.wait(error);
      return false;
    }
    const found = await readCheckpoint(this.#target);
    if (!isElsewhere && found?.position === from.position) {
      await this.#patience.wait(asPassing(error));
      return false;
    }
    this.#follow(found, isElsewhere ? 1 : 0, error);
    return true;
  }

  /** Moves to where the target stands, which is where one of the pieces that were sent leads. */
  #follow(found: Checkpoint | undefined, leastSteps: number, cause: unknown): void {
    const { transferId, position, state } = this.#checkpoint;
    const steps = found === undefined ? -1 : found.position - position;
    const expected = steps === 0 ? state : this.#sent[steps - 1];
    const isOurs = steps >= leastSteps && found?.transferId === transferId && isSame(found.state, expected);
    if (found === undefined || !isOurs) {
      throw createTransferError(
        'another process works on this transfer, or removed its books',
        'TRANSFER_CONFLICT',
        cause,
      );
    }
    this.#checkpoint = found;
    this.#sent = this.#sent.slice(steps);
  }
}

function isSame(found: LoadState, expected: LoadState | undefined): boolean {
  return JSON.stringify(found) === JSON.stringify(expected);
}
