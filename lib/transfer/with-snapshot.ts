import { openSource, type Source } from './source/source.js';
import { filePageSize } from './place/placement.js';
import { assertFile, takeSnapshot } from './source/take-snapshot.js';
import { lockWorkFolder } from './source/lock-work-folder.js';
import { emptyWorkFolder, readRecord, snapshotPath } from './source/work-folder.js';
import type { ResolvedTransferOptions } from './resolve-transfer-options.js';
import { createTransferError } from './transfer-errors.js';

/** Runs something on a snapshot of the source that is removed afterwards. */
export async function withSnapshot<T>(
  options: ResolvedTransferOptions,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  await assertFile(options.source);
  const lock = await lockWorkFolder(options.workFolder);
  try {
    await clearUnused(options.workFolder);
    return await onSnapshot(options, work);
  } finally {
    await lock.release();
  }
}

/** The same in a work folder that is locked already. */
export async function onSnapshot<T>(
  { source: path, workFolder: folder, invalidUtf8, placement, onProgress }: ResolvedTransferOptions,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  onProgress({ stage: 'snapshot', object: undefined, rows: 0, totalRows: 0 });
  try {
    const snapshot = await takeSnapshot(path, snapshotPath(folder), placement && filePageSize);
    const source = await openSource(snapshotPath(folder), invalidUtf8, snapshot);
    try {
      return await work(source);
    } finally {
      source.close();
    }
  } finally {
    await emptyWorkFolder(folder);
  }
}

/**
 * Removes what a transfer left that was killed before it had begun to load.
 * @throws DatabaseError `TRANSFER_UNFINISHED` when an interrupted copy needs what lies there
 */
export async function clearUnused(folder: string): Promise<void> {
  if ((await readRecord(folder)) === undefined) return emptyWorkFolder(folder);
  throw createTransferError(
    `a copy that is not complete lies in ${folder}: resume it, or, where it cannot go on, remove that folder and begin again with an empty target`,
    'TRANSFER_UNFINISHED',
  );
}
