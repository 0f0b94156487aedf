import { DatabaseError } from '../../errors/database-error.js';
import { findTaken } from '../plan/find-taken.js';
import type { SourceSchema } from '../source/source-schema.js';
import {
  createCheckpoint,
  createForeignError,
  readCheckpoint,
  type Checkpoint,
} from '../target/checkpoint.js';
import { commit } from '../target/commit.js';
import { asPassing, Patience } from '../target/patience.js';
import type { TargetDatabase } from '../target/target-database.js';
import { listTargetObjects } from '../target/list-objects.js';
import { throwIfStopped } from '../throw-if-stopped.js';
import { createTransferError } from '../transfer-errors.js';

/**
 * Opens the books of a transfer on the target, or finds them open.
 * @throws DatabaseError `TRANSFER_CONFLICT` when the target belongs to another transfer or is no longer as it was planned
 */
export async function beginLoad(
  target: TargetDatabase,
  schema: SourceSchema,
  transferId: string,
): Promise<Checkpoint> {
  const { patienceMs, signal } = target.options;
  const patience = new Patience(patienceMs, signal);
  for (;;) {
    throwIfStopped(signal);
    const found = await readCheckpoint(target);
    if (found?.transferId === transferId) return found;
    if (found !== undefined) throw createForeignError();
    const present = await listTargetObjects(target);
    if (target.options.intoNonEmpty ? findTaken(schema, present).length > 0 : present.length > 0)
      throw createTransferError('somebody else has written to the target', 'TRANSFER_CONFLICT');
    try {
      await commit(target, createCheckpoint(transferId));
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      // a lost reply or a request that was delayed may have opened them: the next look tells
      if ((await readCheckpoint(target)) !== undefined) continue;
      await patience.wait(error.outcome === 'not-applied' ? error : asPassing(error));
    }
  }
}
