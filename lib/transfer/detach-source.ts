import { lockWorkFolder } from './source/lock-work-folder.js';
import { assertFile } from './source/take-snapshot.js';
import { defaultTransferOptions, resolvePaths } from './resolve-transfer-options.js';
import { removeChangelog } from './sync/changelog.js';
import { openLiveSource } from './sync/live-source.js';
import { noteOpened } from './sync/sync-record.js';
import type { DetachOptions } from './transfer-options.js';

/**
 * Removes from a SQLite file what a sync or a cut-over has put there: the changelog with its triggers, and the triggers that close it.
 * The file can be written to again: this is the way back to it.
 * @throws DatabaseError when the file cannot be written to
 */
export async function detachSource(options: DetachOptions): Promise<void> {
  const { invalidUtf8, patienceMs } = defaultTransferOptions;
  const { signal } = options;
  const resolved = {
    ...resolvePaths(options),
    patienceMs: options.patienceMs ?? patienceMs,
    invalidUtf8,
    signal,
  };
  await assertFile(resolved.source);
  const lock = await lockWorkFolder(resolved.workFolder);
  try {
    const live = await openLiveSource(resolved);
    try {
      await removeChangelog(live, true);
    } finally {
      live.close();
    }
    await noteOpened(resolved.workFolder);
  } finally {
    await lock.release();
  }
}
