import { DatabaseError } from '../../errors/database-error.js';
import { createPlan } from '../plan/create-plan.js';
import type { TransferNote, TransferPlan } from '../plan/transfer-plan.js';
import { isChangelog } from '../source/internal-names.js';
import type { Source } from '../source/source.js';
import type { TargetDatabase } from '../target/target-database.js';
import { createTransferError } from '../transfer-errors.js';
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
      `the namespace ${placement.namespace} exists already: choose another one, or copy the rows`,
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
 * server takes.
 * @throws DatabaseError
 */
export async function rehearsePlacement(
  target: TargetDatabase,
  source: Source,
  { adminUrl, dataFolder, namespace }: ResolvedPlacement,
): Promise<TransferPlan> {
  const admin = new AdminApi(adminUrl);
  const { location } = target.options.target;
  const remove = async (cause?: unknown): Promise<void> => {
    await admin.remove(namespace).catch((error: unknown) => {
      const message = 'the empty database of the rehearsal could not be removed';
      throw createUnavailableError(message, cause ?? error);
    });
  };
  await admin.create(namespace);
  const plan = await rehearse().catch(async (error: unknown) => {
    await remove(error);
    throw error;
  });
  await remove();
  return plan;

  async function rehearse(): Promise<TransferPlan> {
    if (!(await new DataFolder({ adminUrl, dataFolder, namespace }).isTaken()))
      throw createFolderError('the server of the admin URL keeps its databases in another folder');
    if (!(await answers(target)))
      throw createTransferError(
        `${location} does not lead to the namespace ${namespace} of the server of the admin URL`,
        'TRANSFER_TARGET_INVALID',
      );
    const found = await createPlan(target, source);
    return { ...found, notes: found.notes.filter(({ kind }) => !notesOfRows.includes(kind)) };
  }
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
