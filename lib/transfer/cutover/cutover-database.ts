import { hasChangelog, removeChangelog } from '../sync/changelog.js';
import { openLiveSource } from '../sync/live-source.js';
import { hasBooks } from '../sync/open-sync.js';
import { Sync } from '../sync/sync-database.js';
import { findSyncRecord, removeSyncRecord } from '../sync/sync-record.js';
import { withSyncTarget } from '../sync/with-sync-target.js';
import type { TargetDatabase } from '../target/target-database.js';
import { createTransferError } from '../transfer-errors.js';
import type { CutoverOptions } from '../transfer-options.js';
import { verifyDatabase } from '../verify/verify-database.js';
import { onSnapshot } from '../with-snapshot.js';
import { isClosed } from './close-source.js';
import type { CutoverReport } from './cutover-report.js';
import { runPause, type Pause } from './run-pause.js';

/** Rounds before the pause: each is shorter than the one before, unless the application writes faster than the network takes. */
const rounds = 3;

/**
 * Ends a transfer: brings the target up to date while the application goes on, locks the source for the rest, compares what was
 * touched, and marks the target complete. With a changelog the source is closed for good, so that no write can go astray.
 * @throws TransferInterruptedError when it stopped: the source is as it was, or closed; call it again
 */
export async function cutoverDatabase(options: CutoverOptions): Promise<CutoverReport> {
  const startedAt = performance.now();
  return withSyncTarget(options, async (target) => {
    const done = await pause(target, options.onPause ?? (() => undefined));
    const verification = await onSnapshot(target.options, (source) => verifyDatabase(target, source, []));
    await removeSyncRecord(target.options.workFolder);
    return { ...done, verification, durationMs: Math.round(performance.now() - startedAt) };
  });
}

async function pause(target: TargetDatabase, onPause: (pauseMs: number) => void): Promise<Pause> {
  const record = await findSyncRecord(target.options);
  // one that was killed behind its last step
  if (record.closing && !(await hasBooks(target))) {
    await assertClosed(target);
    return finish(target, { ...nothingLeft, pauseMs: 0 });
  }
  const sync = new Sync(target, record);
  // the whole comparison before the pause
  const { mode } = await sync.run(undefined);
  if (mode === 'changelog') {
    await sync.run('hash');
    for (let round = 0; round < rounds; round++)
      if ((await sync.run('changelog')).changes.length === 0) break;
  }
  const done = await runPause(target, await findSyncRecord(target.options));
  onPause(done.pauseMs);
  return finish(target, done);
}

const nothingLeft = { mode: 'changelog', changes: [], sourceClosed: true } as const;

/** Somebody may have opened the source since: what is written to it now would go astray. */
async function assertClosed(target: TargetDatabase): Promise<void> {
  const live = await openLiveSource(target.options);
  try {
    if (isClosed(live)) return;
  } finally {
    live.close();
  }
  throw createTransferError(
    'the target is complete, but the source was opened again behind the cut-over: copy anew',
    'TRANSFER_CONFLICT',
  );
}

/** The changelog has served; what closes the source stays. */
async function finish(target: TargetDatabase, done: Pause): Promise<Pause> {
  if (done.mode === 'hash') return done;
  const live = await openLiveSource(target.options);
  try {
    if (hasChangelog(live.database)) await removeChangelog(live, false);
  } finally {
    live.close();
  }
  return done;
}
