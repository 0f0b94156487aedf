import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { listTableReports } from './copy/list-tables.js';
import { runCopy, type CopyOutcome } from './copy/run-copy.js';
import { TableClock } from './copy/table-clock.js';
import type { TransferReport } from './copy/transfer-report.js';
import { createPlan } from './plan/create-plan.js';
import type { TransferNote, TransferPlan } from './plan/transfer-plan.js';
import { placeDatabase } from './place/place-database.js';
import { filePageSize } from './place/placement.js';
import { assertPlaceable } from './place/rehearse-placement.js';
import { resolveTransferOptions } from './resolve-transfer-options.js';
import { openSource, type Source } from './source/source.js';
import { assertFile, takeSnapshot } from './source/take-snapshot.js';
import { lockWorkFolder } from './source/lock-work-folder.js';
import {
  emptyWorkFolder,
  readRecord,
  snapshotPath,
  writeRecord,
  type TransferRecord,
} from './source/work-folder.js';
import { assertNoCheckpoint } from './target/checkpoint.js';
import { TargetDatabase } from './target/target-database.js';
import { createTransferError, TransferRefusedError } from './transfer-errors.js';
import type { CopyOptions } from './transfer-options.js';
import { clearUnused } from './with-snapshot.js';

/**
 * Copies a SQLite file to a libSQL server, which is empty unless told otherwise, and verifies the copy. The source may be written meanwhile: what is copied is a
 * snapshot of the moment of the call. Reading blocks this thread: in a server, run it in a worker.
 * @throws TransferRefusedError with every problem, before anything was written
 * @throws TransferInterruptedError when it stopped between two commits: call it again with `resume: true`
 * @throws DatabaseError for wrong use, and when the source cannot be read
 */
export async function copyDatabase(options: CopyOptions): Promise<TransferReport> {
  const startedAt = performance.now();
  const clock = new TableClock(options.onProgress);
  const target = new TargetDatabase(resolveTransferOptions({ ...options, onProgress: clock.note }));
  try {
    const { resume, source, workFolder } = target.options;
    // one that was killed before it had a record has written nothing to the target
    const find = async (): Promise<TransferRecord | undefined> =>
      resume ? readRecord(workFolder) : undefined;
    if ((await find()) === undefined) await assertFile(source);
    const lock = await lockWorkFolder(workFolder);
    try {
      const record = await find();
      const report = await (record === undefined
        ? beginCopy(target, options.onPlan)
        : resumeCopy(target, record));
      const tables = listTableReports(report.verification.tables, report.rejects, clock);
      return { ...report, tables, durationMs: Math.round(performance.now() - startedAt) };
    } finally {
      await lock.release();
    }
  } finally {
    target.close();
  }
}

async function beginCopy(target: TargetDatabase, onPlan: CopyOptions['onPlan']): Promise<CopyOutcome> {
  const { workFolder: folder, invalidUtf8 } = target.options;
  await clearUnused(folder);
  const { source, plan, record } = await prepare(target).catch(async (error: unknown) => {
    await emptyWorkFolder(folder);
    throw error;
  });
  if (plan !== undefined) onPlan?.(plan);
  return run(target, source, record, plan?.notes ?? [], false);

  async function prepare({ options }: TargetDatabase): Promise<Prepared> {
    options.onProgress({ stage: 'snapshot', object: undefined, rows: 0, totalRows: 0 });
    const { placement } = options;
    const snapshot = await takeSnapshot(options.source, snapshotPath(folder), placement && filePageSize);
    const source = await openSource(snapshotPath(folder), invalidUtf8, snapshot);
    try {
      const plan = await look(target, source);
      const { source: from, target: to, intoNonEmpty } = options;
      const begun = {
        id: randomUUID(),
        source: from,
        target: to.location,
        invalidUtf8,
        intoNonEmpty,
        placement,
      };
      const record = { ...begun, snapshot, finished: false };
      await writeRecord(folder, record);
      return { source, plan, record };
    } catch (error) {
      source.close();
      throw error;
    }
  }
}

/** @throws TransferRefusedError with every problem; where the file itself moves, those are found behind the record */
async function look(target: TargetDatabase, source: Source): Promise<TransferPlan | undefined> {
  const { placement } = target.options;
  if (placement !== undefined) {
    await assertPlaceable(target, source, placement);
    return undefined;
  }
  await assertNoCheckpoint(target);
  const plan = await createPlan(target, source);
  if (plan.problems.length > 0) throw new TransferRefusedError(plan.problems);
  return plan;
}

function run(
  target: TargetDatabase,
  source: Source,
  record: TransferRecord,
  notes: readonly TransferNote[],
  isResumed: boolean,
): Promise<CopyOutcome> {
  return record.placement === undefined
    ? runCopy(target, source, record, notes)
    : placeDatabase(target, source, record, record.placement, isResumed);
}

interface Prepared {
  readonly source: Source;
  /** Undefined where the file itself moves. */
  readonly plan: TransferPlan | undefined;
  readonly record: TransferRecord;
}

async function resumeCopy(target: TargetDatabase, record: TransferRecord): Promise<CopyOutcome> {
  const { workFolder: folder, invalidUtf8 } = target.options;
  if (record.source !== target.options.source)
    throw createTransferError(`the copy in ${folder} is one of ${record.source}`, 'TRANSFER_CONFLICT');
  if (record.target !== target.options.target.location)
    throw createTransferError(`the copy in ${folder} goes to ${record.target}`, 'TRANSFER_CONFLICT');
  if (record.invalidUtf8 !== invalidUtf8)
    throw createTransferError(
      `the copy was begun with invalidUtf8 "${record.invalidUtf8}": resume it with the same`,
      'TRANSFER_OPTION_INVALID',
    );
  if (record.intoNonEmpty !== target.options.intoNonEmpty)
    throw createTransferError(
      `the copy was begun with intoNonEmpty ${record.intoNonEmpty}: resume it with the same`,
      'TRANSFER_OPTION_INVALID',
    );
  if (!isDeepStrictEqual(record.placement, target.options.placement))
    throw createTransferError(
      'the copy was begun with another viaFile: resume it with the same',
      'TRANSFER_OPTION_INVALID',
    );
  const source = await openSource(snapshotPath(folder), invalidUtf8, record.snapshot);
  return run(target, source, record, [], true);
}
