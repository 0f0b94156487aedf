import { DatabaseError } from '../../errors/database-error.js';
import type { CopyOutcome } from '../copy/run-copy.js';
import { toInterrupted } from '../copy/to-interrupted.js';
import type { TransferNote } from '../plan/transfer-plan.js';
import type { Source } from '../source/source.js';
import { emptyWorkFolder, snapshotPath, type TransferRecord } from '../source/work-folder.js';
import { listTargetObjects } from '../target/list-objects.js';
import type { TargetDatabase } from '../target/target-database.js';
import { throwIfStopped } from '../throw-if-stopped.js';
import { createTransferError, TransferRefusedError } from '../transfer-errors.js';
import { verifyDatabase } from '../verify/verify-database.js';
import { AdminApi } from './admin-api.js';
import { DataFolder } from './data-folder.js';
import type { ResolvedPlacement } from './placement.js';
import { rehearsePlacement } from './rehearse-placement.js';

/**
 * Makes a database of a server by putting the snapshot itself into its data folder, and verifies it as a copy of rows is. Whatever ends
 * it, a resume finds out how far it came.
 * @throws TransferRefusedError with every problem; nothing stays
 * @throws TransferInterruptedError
 */
export async function placeDatabase(
  target: TargetDatabase,
  source: Source,
  record: TransferRecord,
  placement: ResolvedPlacement,
): Promise<CopyOutcome> {
  const { options } = target;
  const { workFolder } = options;
  const { namespace } = placement;
  const admin = new AdminApi(placement.adminUrl);
  const folder = new DataFolder(placement);
  // of this attempt or of one before
  let mayStay = options.resume;
  try {
    let notes: readonly TransferNote[] = [];
    await folder.clear(record.id);
    if (!(await isPlaced())) {
      mayStay = false;
      const plan = await rehearsePlacement(target, source, placement);
      if (plan.problems.length > 0) throw new TransferRefusedError(plan.problems);
      notes = plan.notes;
      throwIfStopped(options.signal);
      options.onProgress({ stage: 'file', object: namespace, rows: 0, totalRows: 0 });
      mayStay = true;
      await folder.put(snapshotPath(workFolder), record.id);
    }
    if (!(await admin.exists(namespace))) await admin.create(namespace);
    const verification = await verifyDatabase(target, source, []);
    if (verification.equal) await emptyWorkFolder(workFolder);
    return {
      source: options.source,
      target: options.target.location,
      rows: verification.tables.reduce((sum, { rows }) => sum + rows, 0),
      rejects: [],
      rejectsFile: undefined,
      notes,
      verification,
    };
  } catch (error) {
    if (mayStay || !isFinal(error)) throw toInterrupted(error);
    await emptyWorkFolder(workFolder);
    throw error;
  } finally {
    source.close();
  }

  /** Of an earlier attempt: the file, or the empty database of its rehearsal, which goes. */
  async function isPlaced(): Promise<boolean> {
    if (!(await admin.exists(namespace))) {
      if (!(await folder.isTaken())) return false;
      if (await folder.holdsFileOnly()) return true;
      throw createTransferError(`somebody else works on the namespace ${namespace}`, 'TRANSFER_CONFLICT');
    }
    if ((await listTargetObjects(target)).length > 0) return true;
    await admin.remove(namespace);
    return false;
  }
}

/** Trying again changes nothing. */
function isFinal(error: unknown): boolean {
  const codes = ['TRANSFER_DATA_FOLDER', 'TRANSFER_TARGET_INVALID', 'TRANSFER_ADMIN_REFUSED'];
  return (
    error instanceof TransferRefusedError || (error instanceof DatabaseError && codes.includes(error.code))
  );
}
