import { DatabaseError } from '../../errors/database-error.js';
import { createPlan } from '../plan/create-plan.js';
import type { TransferNote, TransferPlan } from '../plan/transfer-plan.js';
import { isChangelog } from '../source/internal-names.js';
import type { Source } from '../source/source.js';
import { createCheckpoint, readCheckpoint } from '../target/checkpoint.js';
import { commit } from '../target/commit.js';
import { listTargetObjects } from '../target/list-objects.js';
import type { TargetDatabase } from '../target/target-database.js';
import { createTransferError, tellOfEnd } from '../transfer-errors.js';
import { AdminApi, createUnavailableError } from './admin-api.js';
import { createFolderError, DataFolder } from './data-folder.js';
import { filePageSize, type ResolvedPlacement } from './placement.js';

/** Notes of a plan for what a copy of rows changes or leaves behind; a file takes it along. */
const notesOfRows: readonly TransferNote['kind'][] = [
  'application-id',
  'statistics',
  'server-table',
  'negative-zero',
];

/**
 * Looks before anything is made: the namespace must be nobody's.
 * @throws DatabaseError
 */
export async function assertPlaceable(
  target: TargetDatabase,
  source: Source,
  placement: ResolvedPlacement,
): Promise<void> {
  assertFits(source);
  const folder = new DataFolder(placement);
  await folder.assertUsable();
  const isThere = await new AdminApi(placement.adminUrl).exists(placement.namespace);
  if (isThere || (await folder.isTaken()))
    throw createTransferError(
      `the namespace ${placement.namespace} exists already: choose another one, or copy the rows${tellOfEnd(target.options)}`,
      'TRANSFER_NAMESPACE_EXISTS',
    );
  if (await answers(target))
    throw createTransferError(
      `${target.options.target.location} leads to a database that exists already, not to the namespace ${placement.namespace}`,
      'TRANSFER_NAMESPACE_EXISTS',
    );
}

/**
 * Plans on an empty database of the same name, which is removed: it shows whether folder and addresses belong together, and what the
 * server takes. The id in it says whose it is.
 * @throws DatabaseError `TRANSFER_CONFLICT` when somebody else has made it, or writes to it
 */
export async function rehearsePlacement(
  target: TargetDatabase,
  source: Source,
  placement: ResolvedPlacement,
  id: string,
): Promise<TransferPlan> {
  const { adminUrl, namespace } = placement;
  const { location } = target.options.target;
  await new AdminApi(adminUrl).create(namespace);
  let isReached = false;
  const plan = await rehearse().catch(async (error: unknown) => {
    await (isReached ? endRehearsal(target, placement, id, error) : removeEmpty(placement, error));
    throw error;
  });
  await endRehearsal(target, placement, id);
  return plan;

  async function rehearse(): Promise<TransferPlan> {
    if (!(await new DataFolder(placement).isTaken()))
      throw createFolderError('the server of the admin URL keeps its databases in another folder');
    if (!(await answers(target)))
      throw createTransferError(
        `${location} does not lead to the namespace ${namespace} of the server of the admin URL`,
        'TRANSFER_TARGET_INVALID',
      );
    isReached = true;
    await commit(target, createCheckpoint(id));
    const found = await createPlan(target, source);
    return { ...found, notes: found.notes.filter(({ kind }) => !notesOfRows.includes(kind)) };
  }
}

/** Removes the database of a rehearsal, unless somebody has begun to use it. */
export async function endRehearsal(
  target: TargetDatabase,
  placement: ResolvedPlacement,
  id: string,
  cause?: unknown,
): Promise<void> {
  const { transferId = id } = (await readCheckpoint(target)) ?? {};
  if (transferId !== id || (await listTargetObjects(target)).length > 0)
    throw createTransferError(
      `somebody else has written to the new database ${placement.namespace}`,
      'TRANSFER_CONFLICT',
      cause,
    );
  await removeEmpty(placement, cause);
}

async function removeEmpty({ adminUrl, namespace }: ResolvedPlacement, cause: unknown): Promise<void> {
  await new AdminApi(adminUrl).remove(namespace).catch((error: unknown) => {
    const message = 'the empty database of the rehearsal could not be removed';
    throw createUnavailableError(message, cause ?? error);
  });
}

/** @returns false when the server says that there is no such namespace */
async function answers(target: TargetDatabase): Promise<boolean> {
  try {
    await target.query('SELECT 1');
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === 'HTTP_404') return false;
    throw error;
  }
}

/** A server takes pages of one size and one encoding; the triggers of a sync must not come along. */
function assertFits({ database, encoding }: Source): void {
  const [page] = database.all<[bigint]>('PRAGMA page_size');
  if (Number(page?.[0]) !== filePageSize || encoding !== 'UTF-8')
    throw createTransferError(
      'a server takes a file with pages of 4,096 bytes and UTF-8 alone: copy the rows',
      'TRANSFER_FILE_UNFIT',
    );
  const names = database.all<[string]>('SELECT name FROM sqlite_schema').map(([name]) => name);
  if (names.some(isChangelog))
    throw createTransferError(
      'the source holds the triggers of a sync: detach it first',
      'TRANSFER_FILE_UNFIT',
    );
}
