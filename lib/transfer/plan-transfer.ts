import { randomUUID } from 'node:crypto';
import { assertPlaceable, rehearsePlacement } from './place/rehearse-placement.js';
import { createPlan } from './plan/create-plan.js';
import type { TransferPlan } from './plan/transfer-plan.js';
import { resolveTransferOptions } from './resolve-transfer-options.js';
import { TargetDatabase } from './target/target-database.js';
import type { TransferOptions } from './transfer-options.js';
import { withSnapshot } from './with-snapshot.js';

/**
 * Finds out what a copy would do, and everything that stands against it. The target is asked whether it takes every definition, in a
 * transaction that is rolled back; nothing is written. With `viaFile` it is an empty database that exists for this moment alone. Reading and scanning block this thread: in a server, run it in a worker.
 * @throws DatabaseError when source or target cannot be read
 */
export async function planTransfer(options: TransferOptions): Promise<TransferPlan> {
  const target = new TargetDatabase(resolveTransferOptions(options));
  try {
    const { placement } = target.options;
    return await withSnapshot(target.options, async (source) => {
      if (placement === undefined) return createPlan(target, source);
      await assertPlaceable(target, source, placement);
      return rehearsePlacement(target, source, placement, randomUUID());
    });
  } finally {
    target.close();
  }
}
