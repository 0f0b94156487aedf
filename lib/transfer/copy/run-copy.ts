import type { TransferNote } from '../plan/transfer-plan.js';
import type { Source } from '../source/source.js';
import { emptyWorkFolder, type TransferRecord } from '../source/work-folder.js';
import { readRejects, type Reject } from '../target/checkpoint.js';
import { Ledger } from '../target/ledger.js';
import type { TargetDatabase } from '../target/target-database.js';
import { writeSyncRecord } from '../sync/sync-record.js';
import { verifyDatabase } from '../verify/verify-database.js';
import { beginLoad } from './begin-load.js';
import { finishCopy } from './finish-copy.js';
import { loadDatabase } from './load-database.js';
import { readRejectsFile, writeRejects } from './rejects-file.js';
import { toInterrupted } from './to-interrupted.js';
import type { TransferReport } from './transfer-report.js';

/** A report without its times. */
export type CopyOutcome = Omit<TransferReport, 'durationMs' | 'tables'>;

/**
 * Loads, verifies, and clears away the books and the snapshot. A copy that is not equal keeps both, so that it can be looked at.
 * @throws TransferInterruptedError
 */
export async function runCopy(
  target: TargetDatabase,
  source: Source,
  record: TransferRecord,
  notes: readonly TransferNote[],
): Promise<CopyOutcome> {
  const { options } = target;
  try {
    const rejects = record.finished
      ? await readRejectsFile(options.rejectsFile)
      : await load(target, source, record);
    const verification = await verifyDatabase(target, source, rejects);
    if (verification.equal) {
      if (options.keepOpen) await keepOpen(target, record);
      else await finishCopy(target, record, rejects);
    }
    return {
      source: options.source,
      target: options.target.location,
      rows: verification.tables.reduce((sum, { rows }) => sum + rows, 0),
      rejects,
      rejectsFile: rejects.length === 0 ? undefined : options.rejectsFile,
      notes,
      verification,
    };
  } catch (error) {
    throw toInterrupted(error);
  } finally {
    source.close();
  }
}

async function load(target: TargetDatabase, source: Source, { id }: TransferRecord): Promise<Reject[]> {
  const ledger = new Ledger(target, await beginLoad(target, source.schema, id));
  await loadDatabase(ledger, source, target);
  const rejects = await readRejects(target);
  await writeRejects(target.options.rejectsFile, rejects);
  return rejects;
}

/** What a sync needs; the books stay. */
async function keepOpen({ options }: TargetDatabase, { id, source, target }: TransferRecord): Promise<void> {
  const { workFolder, invalidUtf8 } = options;
  await writeSyncRecord(workFolder, { id, source, target, invalidUtf8, reconciled: false, closing: false });
  await emptyWorkFolder(workFolder);
}
