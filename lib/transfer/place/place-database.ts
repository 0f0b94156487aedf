import { DatabaseError } from '../../errors/database-error.js';
import { finishCopy } from '../copy/finish-copy.js';
import type { CopyOutcome } from '../copy/run-copy.js';
import { toInterrupted } from '../copy/to-interrupted.js';
import type { TransferNote } from '../plan/transfer-plan.js';
import type { Source } from '../source/source.js';
import { emptyWorkFolder, type TransferRecord } from '../source/work-folder.js';
import { readCheckpoint } from '../target/checkpoint.js';
import { listTargetObjects } from '../target/list-objects.js';
import type { TargetDatabase } from '../target/target-database.js';
import { throwIfStopped } from '../throw-if-stopped.js';
import { createTransferError, TransferRefusedError } from '../transfer-errors.js';
import { verifyDatabase } from '../verify/verify-database.js';
import { AdminApi } from './admin-api.js';
import { DataFolder } from './data-folder.js';
import type { ResolvedPlacement } from './placement.js';
import { endRehearsal, rehearsePlacement } from './rehearse-placement.js';

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
  isResumed: boolean,
): Promise<CopyOutcome> {
  const { options } = target;
  const { workFolder } = options;
  const { namespace } = placement;
  const admin = new AdminApi(placement.adminUrl);
  const folder = new DataFolder(placement);
  // of this attempt or of one before
  let mayStay = isResumed;
  try {
    let notes: readonly TransferNote[] = [];
    await folder.clear(record.id);
    if (!record.finished && !(await isPlaced())) {
      mayStay = false;
      const plan = await rehearsePlacement(target, source, placement, record.id);
      if (plan.problems.length > 0) throw new TransferRefusedError(plan.problems);
      notes = plan.notes;
      throwIfStopped(options.signal);
      options.onProgress({ stage: 'file', object: namespace, rows: 0, totalRows: 0 });
      mayStay = true;
      await folder.put(source.database, record.id);
    }
    if (!(await admin.exists(namespace))) await admin.create(namespace);
    const verification = await verifyDatabase(target, source, []);
    if (verification.equal) await finishCopy(target, record, []);
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

  /**
   * Whether an earlier attempt has put the file there. The empty database of its rehearsal goes; nothing goes that does not carry the id
   * of this transfer.
   */
  async function isPlaced(): Promise<boolean> {
    if (await admin.exists(namespace)) {
      const found = await readCheckpoint(target);
      if (found?.transferId !== record.id) {
        // a copy that is killed between the creation of its empty database and its mark leaves one that shows nothing, either
        const isEmpty = found === undefined && (await listTargetObjects(target)).length === 0;
        throw isEmpty
          ? createForeignError(
              `an empty database ${namespace}`,
              ` ("curl -X DELETE ADMIN_URL/v1/namespaces/${namespace}")`,
            )
          : createForeignError(`a database ${namespace}`);
      }
      if (found.state.stage === 'done') return true;
      await endRehearsal(target, placement, record.id);
      return false;
    }
    if (!(await folder.isTaken())) return false;
    if (!(await folder.holdsOurs(record.id))) throw createForeignError(`the folder ${folder.path}`);
    await folder.settle();
    return true;
  }
}

/** @param removal how, where that is no other's data */
function createForeignError(what: string, removal = ''): Error {
  return createTransferError(
    `${what} is there, and nothing shows that this copy made it: if nobody needs it, remove it${removal} and resume`,
    'TRANSFER_CONFLICT',
  );
}

/** Trying again changes nothing. */
function isFinal(error: unknown): boolean {
  const codes = [
    'TRANSFER_CONFLICT',
    'TRANSFER_DATA_FOLDER',
    'TRANSFER_TARGET_INVALID',
    'TRANSFER_ADMIN_REFUSED',
  ];
  return (
    error instanceof TransferRefusedError || (error instanceof DatabaseError && codes.includes(error.code))
  );
}
