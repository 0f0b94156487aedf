import type { Source } from '../source/source.js';
import type { SourceTable } from '../source/source-schema.js';
import type { TargetDatabase } from '../target/target-database.js';
import { createTransferError } from '../transfer-errors.js';
import type { SyncOptions } from '../transfer-options.js';
import { createTargetHasher } from '../verify/create-target-hasher.js';
import { onSnapshot } from '../with-snapshot.js';
import { assertSameSchema } from './assert-same-schema.js';
import { assertOwnChangelog, hasChangelog, installChangelog, readChangelog } from './changelog.js';
import { drainChangelog } from './drain-changelog.js';
import { openLiveSource, type LiveSource } from './live-source.js';
import { openSync } from './open-sync.js';
import { repairTables } from './repair-tables.js';
import { ChangeSpool } from './spool-changes.js';
import { findSyncRecord, writeSyncRecord, type SyncRecord } from './sync-record.js';
import type { SyncReport, TableChange } from './sync-report.js';
import { SyncWriter } from './sync-writer.js';
import { withSyncTarget } from './with-sync-target.js';

const modes: readonly SyncOptions['mode'][] = ['changelog', 'hash', undefined];

/**
 * Brings to the target what was written to the source since the copy, which was made with `keepOpen`. The application goes on.
 * @throws TransferInterruptedError when it stopped: call it again
 * @throws DatabaseError for wrong use, `TRANSFER_SCHEMA_CHANGED` when a definition changed
 */
export async function syncDatabase(options: SyncOptions): Promise<SyncReport> {
  const startedAt = performance.now();
  if (!modes.includes(options.mode))
    throw createTransferError('mode must be one of changelog, hash', 'TRANSFER_OPTION_INVALID');
  return withSyncTarget(options, async (target) => {
    const record = await findSyncRecord(target.options);
    const report = await new Sync(target, record).run(options.mode);
    return { ...report, durationMs: Math.round(performance.now() - startedAt) };
  });
}

/** One sync: as a command of its own, and as what a cut-over begins with. */
export class Sync {
  readonly #target: TargetDatabase;
  #record: SyncRecord;

  constructor(target: TargetDatabase, record: SyncRecord) {
    this.#target = target;
    this.#record = record;
  }

  /** @param mode `undefined`: the changelog where there is one */
  async run(mode: SyncReport['mode'] | undefined): Promise<Omit<SyncReport, 'durationMs'>> {
    const { options } = this.#target;
    const writer = new SyncWriter(await openSync(this.#target, this.#record), options.signal);
    if (mode === 'hash') return { mode, changes: await this.compare(writer, () => true) };
    const live = await openLiveSource(options);
    try {
      const isInstalled = hasChangelog(live.database);
      if (!isInstalled && mode === undefined)
        return { mode: 'hash', changes: await this.compare(writer, () => true) };
      if (isInstalled) assertOwnChangelog(live.database, this.#record.id);
      const schema = live.readSchema();
      if (!isInstalled) {
        await this.#note(false);
        await installChangelog(live, schema, this.#record.id);
      }
      // what was written between the copy and the first note is found by comparing once
      const first = this.#record.reconciled ? [] : await this.compare(writer, () => true);
      await this.#note(true);
      return { mode: 'changelog', changes: [...first, ...(await this.#drain(live, writer))] };
    } finally {
      live.close();
    }
  }

  /** Compares tables with a snapshot of now, and writes what differs. */
  compare(writer: SyncWriter, isMeant: (table: SourceTable) => boolean): Promise<TableChange[]> {
    const target = this.#target;
    return onSnapshot(target.options, async (source: Source) => {
      await assertSameSchema(target, source);
      const comparison = { source, target, hasher: await createTargetHasher(target) };
      return repairTables(comparison, source.schema.tables.filter(isMeant), writer);
    });
  }

  async #drain(live: LiveSource, writer: SyncWriter): Promise<TableChange[]> {
    const schema = live.readSchema();
    await assertSameSchema(this.#target, live.toSource(schema));
    const logs = readChangelog(live.database, schema, this.#record.id);
    const spool = new ChangeSpool(live, this.#target.options.workFolder);
    await spool.open();
    let changes: TableChange[];
    try {
      changes = await drainChangelog(live, schema, logs, spool, writer);
    } finally {
      await spool.close();
    }
    const logged = new Set(logs.map(({ table }) => table.name));
    if (schema.tables.every(({ name }) => logged.has(name))) return changes;
    return [...changes, ...(await this.compare(writer, ({ name }) => !logged.has(name)))];
  }

  async #note(reconciled: boolean): Promise<void> {
    if (this.#record.reconciled === reconciled) return;
    this.#record = { ...this.#record, reconciled };
    await writeSyncRecord(this.#target.options.workFolder, this.#record);
  }
}
