import { resolveTransferOptions } from '../resolve-transfer-options.js';
import { lockWorkFolder } from '../source/lock-work-folder.js';
import { TargetDatabase } from '../target/target-database.js';
import type { SyncOptions } from '../transfer-options.js';
import { clearUnused } from '../with-snapshot.js';
import { toSyncError } from './to-sync-error.js';

/**
 * Works on a target whose transfer goes on, with the lock of its work folder.
 * @throws DatabaseError `TRANSFER_BUSY` while another process holds the lock
 */
export async function withSyncTarget<T>(
  options: SyncOptions,
  work: (target: TargetDatabase) => Promise<T>,
): Promise<T> {
  const target = new TargetDatabase(
    resolveTransferOptions({ ...options, intoNonEmpty: false, viaFile: undefined }),
  );
  const { workFolder } = target.options;
  try {
    const lock = await lockWorkFolder(workFolder);
    try {
      await clearUnused(workFolder);
      return await work(target);
    } finally {
      await lock.release();
    }
  } catch (error) {
    throw toSyncError(error);
  } finally {
    target.close();
  }
}
