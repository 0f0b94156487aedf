import { randomUUID } from 'node:crypto';
import { DatabaseError } from '../../errors/database-error.js';
import { quoteName } from '../source/quote-name.js';
import { readCheckpoint, takeOver, type Checkpoint } from '../target/checkpoint.js';
import { commit } from '../target/commit.js';
import { Ledger } from '../target/ledger.js';
import { listTargetObjects } from '../target/list-objects.js';
import { asPassing, Patience } from '../target/patience.js';
import type { TargetDatabase } from '../target/target-database.js';
import { createTransferError } from '../transfer-errors.js';
import type { SyncRecord } from './sync-record.js';

/**
 * Opens the books that a copy has kept. From now on they carry an id of this run: what a run before has sent can arrive no more.
 * Triggers are dropped until the cut-over, or they would fire once more for what they did on the source.
 * @throws DatabaseError `TRANSFER_CONFLICT` when the target is not one that the copy has kept open
 */
export async function openSync(target: TargetDatabase, record: SyncRecord): Promise<Ledger> {
  const { patienceMs, signal } = target.options;
  const patience = new Patience(patienceMs, signal);
  const id = `${record.id}/${randomUUID()}`;
  for (;;) {
    const found = await readCheckpoint(target);
    if (found?.transferId === id) return withoutTriggers(target, new Ledger(target, found));
    assertOurs(found, record);
    try {
      await commit(target, [takeOver(found, id)]);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      if ((await readCheckpoint(target))?.transferId === id) continue;
      await patience.wait(error.outcome === 'not-applied' ? error : asPassing(error));
    }
  }
}

/** Open for a sync, or already complete. @returns false when a cut-over has closed the books */
export async function hasBooks(target: TargetDatabase): Promise<boolean> {
  return (await readCheckpoint(target)) !== undefined;
}

function assertOurs(found: Checkpoint | undefined, { id }: SyncRecord): asserts found is Checkpoint {
  const isOpen = found?.state.stage === 'done' || found?.state.stage === 'sync';
  if (isOpen && found.transferId.split('/')[0] === id) return;
  throw createTransferError(
    'the target is not the one that the copy has kept open, or its copy is not complete',
    'TRANSFER_CONFLICT',
  );
}

async function withoutTriggers(target: TargetDatabase, ledger: Ledger): Promise<Ledger> {
  if (ledger.state.stage === 'sync') return ledger;
  const triggers = (await listTargetObjects(target)).filter(({ type }) => type === 'trigger');
  const drops = triggers.map(({ name }) => ({ sql: `DROP TRIGGER ${quoteName(name)}`, want_rows: false }));
  await ledger.advance(drops, { stage: 'sync', item: 0, rows: 0 });
  return ledger;
}
