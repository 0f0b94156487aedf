import type { HranaStatement } from '../../drivers/turso/hrana-protocol.js';
import { listShadows, listTables, listViews } from '../plan/list-statements.js';
import type { Source } from '../source/source.js';
import type { SourceObject, SourceSchema } from '../source/source-schema.js';
import type { Stage } from '../target/checkpoint.js';
import { encodeCell } from '../target/encode-cell.js';
import type { Ledger } from '../target/ledger.js';
import type { ResolvedTransferOptions } from '../resolve-transfer-options.js';
import { RowLoader } from './load-rows.js';
import { throwIfStopped } from '../throw-if-stopped.js';

/** Definitions of one commit. */
const objectsPerCommit = 50;

/** Loads everything, from where the ledger stands: tables, rows, sequences, indexes, views, triggers. */
export async function loadDatabase(
  ledger: Ledger,
  source: Source,
  options: ResolvedTransferOptions,
): Promise<void> {
  const { schema } = source;
  const create = (stage: Stage, objects: readonly SourceObject[], perCommit: number, next: Stage) =>
    createObjects(ledger, options, stage, objects, perCommit, next);
  for (;;) {
    throwIfStopped(options.signal);
    switch (ledger.state.stage) {
      case 'tables':
        await create('tables', [...listTables(schema), ...listShadows(schema)], objectsPerCommit, 'rows');
        break;
      case 'rows':
        await loadTables(ledger, source, options);
        break;
      case 'sequence':
        await ledger.advance(setSequence(schema), { stage: 'indexes', item: 0, rows: 0 });
        break;
      case 'indexes':
        // one each: a long statement keeps other writers waiting
        await create('indexes', schema.indexes, 1, 'views');
        break;
      case 'views':
        await create('views', listViews(schema), objectsPerCommit, 'done');
        break;
      case 'done':
      case 'sync':
        return;
    }
  }
}

async function loadTables(ledger: Ledger, source: Source, options: ResolvedTransferOptions): Promise<void> {
  await new RowLoader(ledger, options).load(source);
  await ledger.advance([], { stage: 'sequence', item: 0, rows: 0 });
}

async function createObjects(
  ledger: Ledger,
  { onProgress, signal }: ResolvedTransferOptions,
  stage: Stage,
  objects: readonly SourceObject[],
  perCommit: number,
  next: Stage,
): Promise<void> {
  for (let item = ledger.state.item; item < objects.length; item = ledger.state.item) {
    throwIfStopped(signal);
    const some = objects.slice(item, item + perCommit);
    onProgress({
      stage: stage === 'done' || stage === 'sync' ? 'views' : stage,
      object: some[0]?.name,
      rows: item,
      totalRows: objects.length,
    });
    const statements = some.map(({ sql }) => ({ sql, want_rows: false }));
    await ledger.advance(statements, { stage, item: item + some.length, rows: 0 });
  }
  await ledger.advance([], { stage: next, item: 0, rows: 0 });
}

/** SQLite counted while the rows came in; the source may know of higher numbers, and of tables that are gone. */
export function setSequence({ sequence, userVersion }: SourceSchema): HranaStatement[] {
  const version = { sql: `PRAGMA user_version = ${userVersion}`, want_rows: false };
  if (sequence === undefined) return [version];
  const plain = [
    'CREATE TABLE nestjs_turso_transfer_sequence (id INTEGER PRIMARY KEY AUTOINCREMENT)',
    'DROP TABLE nestjs_turso_transfer_sequence',
    'DELETE FROM sqlite_sequence',
  ].map((sql) => ({ sql, want_rows: false }));
  const rows = sequence.map((row) => ({
    sql: 'INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)',
    args: row.map((cell) => encodeCell(cell).value ?? ({ type: 'null' } as const)),
    want_rows: false,
  }));
  return [version, ...plain, ...rows];
}
