import { emptyWorkFolder, writeRecord, type TransferRecord } from '../source/work-folder.js';
import { dropCheckpoint, type Reject } from '../target/checkpoint.js';
import { commit } from '../target/commit.js';
import { Patience } from '../target/patience.js';
import type { TargetDatabase } from '../target/target-database.js';
import { writeRejects } from './rejects-file.js';

/** Closes the books of a copy that is verified. In this order, so that a crash in between leaves something that a resume can finish. */
export async function finishCopy(
  target: TargetDatabase,
  record: TransferRecord,
  rejects: readonly Reject[],
): Promise<void> {
  const { workFolder, rejectsFile, patienceMs, signal } = target.options;
  await writeRejects(rejectsFile, rejects);
  await writeRecord(workFolder, { ...record, finished: true });
  // dropping twice does no harm
  await new Patience(patienceMs, signal).retry(() => commit(target, dropCheckpoint()));
  await emptyWorkFolder(workFolder);
}
