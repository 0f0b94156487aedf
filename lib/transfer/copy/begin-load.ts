import { DatabaseError } from '../../errors/database-error.js';
import { createCheckpoint, readCheckpoint, type Checkpoint } from '../target/checkpoint.js';
import { commit } from '../target/commit.js';
import { Patience } from '../target/patience.js';
import type { TargetDatabase } from '../target/target-database.js';
import { listTargetObjects } from '../target/list-objects.js';
import { createTransferError } from '../transfer-errors.js';

/**
 * Opens the books of a transfer on an empty target, or finds them open.
 * @throws DatabaseError `TRANSFER_CONFLICT` when the target belongs to another transfer or is not empty any more
 */
export async function beginLoad(target: TargetDatabase, transferId: string): Promise<Checkpoint> {
  const patience = new Patience(target.options.patienceMs, target.options.signal);
  for (;;) {
    const found = await readCheckpoint(target);
    if (found?.transferId === transferId) return found;
    if (found !== undefined) {
      throw createTransferError('the target belongs to another transfer', 'TRANSFER_CONFLICT');
    }
    if ((await listTargetObjects(target)).length > 0)
      throw createTransferError('the target is not empty any more', 'TRANSFER_CONFLICT');
    try {
      await commit(target, createCheckpoint(transferId));
    } catch (error) {
      // a request that was delayed may have been faster: the next look tells
      if (!(error instanceof DatabaseError) || error.outcome === 'not-applied') await patience.wait(error);
    }
  }
}
