import { setSequence } from '../copy/set-sequence.js';
import type { SourceSchema } from '../source/source-schema.js';
import { assertSameSchema } from '../sync/assert-same-schema.js';
import { hasChangelog, readChangelog } from '../sync/changelog.js';
import { applyChanges, compareTouched } from '../sync/drain-changelog.js';
import { openLiveSource, type LiveSource } from '../sync/live-source.js';
import { openSync } from '../sync/open-sync.js';
import { repairTables } from '../sync/repair-tables.js';
import { ChangeSpool } from '../sync/spool-changes.js';
import { writeSyncRecord, type SyncRecord } from '../sync/sync-record.js';
import type { TableChange } from '../sync/sync-report.js';
import { SyncWriter } from '../sync/sync-writer.js';
import { dropCheckpoint } from '../target/checkpoint.js';
import { commit } from '../target/commit.js';
import type { Ledger } from '../target/ledger.js';
import { Patience } from '../target/patience.js';
import type { TargetDatabase } from '../target/target-database.js';
import { createTransferError } from '../transfer-errors.js';
import { createTargetHasher } from '../verify/create-target-hasher.js';
import { closeTables } from './close-source.js';
import { toBadDefinition, toStatement, tryTriggers } from './create-triggers.js';
import type { CutoverReport } from './cutover-report.js';

/** A cut-over without what comes behind its pause. */
export type Pause = Omit<CutoverReport, 'verification' | 'durationMs'>;

/**
 * Locks the source, brings the rest, and completes the target. Killed at any point, either the lock is gone and everything is as before,
 * or the source is closed and only completing is left.
 */
export async function runPause(target: TargetDatabase, record: SyncRecord): Promise<Pause> {
  const { options } = target;
  const live = await openLiveSource(options);
  const spool = new ChangeSpool(live, options.workFolder);
  try {
    await spool.open();
    const hasLogs = hasChangelog(live.database);
    const version = live.schemaVersion();
    const schema = live.readSchema();
    await assertSameSchema(target, live.toSource(schema));
    const ledger = await openSync(target, record);
    await tryTriggers(ledger, schema, record.closing);
    await live.begin();
    const startedAt = performance.now();
    if (live.schemaVersion() !== version)
      throw createTransferError('a definition changed meanwhile: run it again', 'TRANSFER_SCHEMA_CHANGED');
    const changes = await bringRest({ target, live, schema, spool, ledger, hasLogs, id: record.id });
    if (hasLogs) {
      await writeSyncRecord(options.workFolder, { ...record, closing: true });
      closeTables(live, schema);
      live.run('COMMIT');
    }
    await complete(target, ledger, live, schema).catch((error: unknown) => {
      throw toBadDefinition(error, 'the triggers and counters', hasLogs);
    });
    live.rollback();
    const pauseMs = Math.round((performance.now() - startedAt) * 10) / 10;
    return { mode: hasLogs ? 'changelog' : 'hash', pauseMs, changes, sourceClosed: hasLogs };
  } finally {
    live.rollback();
    await spool.close();
    live.close();
  }
}

interface Rest {
  readonly target: TargetDatabase;
  readonly live: LiveSource;
  readonly schema: SourceSchema;
  readonly spool: ChangeSpool;
  readonly ledger: Ledger;
  readonly hasLogs: boolean;
  /** Of the transfer. */
  readonly id: string;
}

/** Nobody writes now, so the source itself is compared where there is no log. */
async function bringRest({ target, live, schema, spool, ledger, hasLogs, id }: Rest): Promise<TableChange[]> {
  const writer = new SyncWriter(ledger, target.options.signal);
  const logs = hasLogs ? readChangelog(live.database, schema, id) : [];
  const spooled = spool.fill(schema, logs);
  const noted = await applyChanges(spooled, writer);
  await writer.flush();
  await compareTouched(target, spooled);
  const logged = new Set(logs.map(({ table }) => table.name));
  const others = schema.tables.filter(({ name }) => !logged.has(name));
  if (others.length === 0) return noted;
  const comparison = { source: live.toSource(schema), target, hasher: await createTargetHasher(target) };
  return [...noted, ...(await repairTables(comparison, others, writer))];
}

/** Triggers and counters arrive; then the target is one that an application may start on. */
async function complete(
  target: TargetDatabase,
  ledger: Ledger,
  live: LiveSource,
  schema: SourceSchema,
): Promise<void> {
  const { patienceMs, signal } = target.options;
  const sequence = live.readSequence();
  const triggers = schema.triggers.map(({ sql }) => toStatement(sql));
  const counters = setSequence({ ...schema, sequence, userVersion: live.userVersion() }, false);
  await ledger.advance([...triggers, ...counters], { stage: 'done', item: 0, rows: 0 });
  // dropping twice does no harm
  await new Patience(patienceMs, signal).retry(() => commit(target, dropCheckpoint()));
}
