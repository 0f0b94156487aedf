import { createPlan } from './plan/create-plan.js';
import type { TransferPlan } from './plan/transfer-plan.js';
import { resolveTransferOptions } from './resolve-transfer-options.js';
import { TargetDatabase } from './target/target-database.js';
import type { TransferOptions } from './transfer-options.js';
import { withSnapshot } from './with-snapshot.js';

/**
 * Finds out what a copy would do, and everything that stands against it. The target is asked whether it takes every definition, in a
 * transaction that is rolled back; nothing is written. Reading and scanning block this thread: in a server, run it in a worker.
 * @throws DatabaseError when source or target cannot be read
 */
export async function planTransfer(options: TransferOptions): Promise<TransferPlan> {
  const target = new TargetDatabase(resolveTransferOptions(options));
  try {
    return await withSnapshot(target.options, (source) => createPlan(target, source));
  } finally {
    target.close();
  }
}
