import { openSource, type Source } from './source/source.js';
import { takeSnapshot } from './source/take-snapshot.js';
import { createWorkFolder, readRecord, removeWorkFolder, snapshotPath } from './source/work-folder.js';
import type { ResolvedTransferOptions } from './resolve-transfer-options.js';
import { createTransferError } from './transfer-errors.js';

/** Runs something on a snapshot of the source that is removed afterwards. */
export async function withSnapshot<T>(
  options: ResolvedTransferOptions,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  const { source: path, workFolder: folder, invalidUtf8, onProgress } = options;
  await assertUnused(folder);
  await createWorkFolder(folder);
  try {
    onProgress({ stage: 'snapshot', object: undefined, rows: 0, totalRows: 0 });
    const bytes = await takeSnapshot(path, snapshotPath(folder));
    const source = await openSource(snapshotPath(folder), invalidUtf8, bytes);
    try {
      return await work(source);
    } finally {
      source.close();
    }
  } finally {
    await removeWorkFolder(folder);
  }
}

/** @throws DatabaseError `TRANSFER_UNFINISHED` when an interrupted copy needs what lies there */
export async function assertUnused(folder: string): Promise<void> {
  if ((await readRecord(folder)) === undefined) return;
  throw createTransferError(
    `an interrupted copy lies in ${folder}: resume it, or remove that folder and begin again with an empty target`,
    'TRANSFER_UNFINISHED',
  );
}
