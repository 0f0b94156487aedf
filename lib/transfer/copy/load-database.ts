import { DatabaseError } from '../../errors/database-error.js';
import { listShadows, listTables, listViews } from '../plan/list-statements.js';
import type { Source } from '../source/source.js';
import type { SourceObject, SourceSchema } from '../source/source-schema.js';
import type { Stage } from '../target/checkpoint.js';
import type { Ledger } from '../target/ledger.js';
import type { TargetDatabase } from '../target/target-database.js';
import type { ResolvedTransferOptions } from '../resolve-transfer-options.js';
import { RowLoader } from './load-rows.js';
import { setSequence } from './set-sequence.js';
import { throwIfStopped } from '../throw-if-stopped.js';

/** Definitions of one commit. */
const objectsPerCommit = 50;

/** Loads everything, from where the ledger stands: tables, rows, sequences, indexes, views, triggers. */
export async function loadDatabase(ledger: Ledger, source: Source, target: TargetDatabase): Promise<void> {
  const { options } = target;
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
        await loadCounters(ledger, target, schema);
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

/** Counters that tables which are gone have left on the target go, also where the source counts nothing. */
async function loadCounters(ledger: Ledger, target: TargetDatabase, schema: SourceSchema): Promise<void> {
  const [isThere] = await target.query(`SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'`);
  const { sequence = isThere && [] } = schema;
  const statements = setSequence({ ...schema, sequence }, target.options.intoNonEmpty);
  await ledger.advance(statements, { stage: 'indexes', item: 0, rows: 0 });
}

async function createObjects(
  ledger: Ledger,
  options: ResolvedTransferOptions,
  stage: Stage,
  objects: readonly SourceObject[],
  perCommit: number,
  next: Stage,
): Promise<void> {
  const { onProgress, signal } = options;
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
    try {
      await ledger.advance(statements, { stage, item: item + some.length, rows: 0 });
    } catch (error) {
      throw stage === 'indexes' ? toIndexError(error, some[0]?.name, options) : error;
    }
  }
  await ledger.advance([], { stage: next, item: 0, rows: 0 });
}

/** The target computes an expression in another way than the source, so that values which differ there are the same here. */
function toIndexError(
  error: unknown,
  index: string | undefined,
  { workFolder, intoNonEmpty }: ResolvedTransferOptions,
): unknown {
  if (!(error instanceof DatabaseError) || error.kind !== 'constraint') return error;
  const begin = intoNonEmpty
    ? 'drop on the target what this copy made there, nestjs_turso_transfer and nestjs_turso_transfer_rejects too, and copy again'
    : 'copy again, without a resume, to an empty target';
  return new DatabaseError(
    `the target refuses the index ${index}, because there two rows are equal in it: drop it in the source, remove ${workFolder}, ${begin}`,
    { code: 'TRANSFER_BAD_DEFINITION', kind: 'constraint', outcome: 'not-applied', cause: error },
  );
}
