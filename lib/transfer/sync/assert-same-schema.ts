import type { Source } from '../source/source.js';
import type { TargetDatabase } from '../target/target-database.js';
import { createTransferError } from '../transfer-errors.js';
import { compareSchemas } from '../verify/compare-schemas.js';

/**
 * A sync moves rows, not definitions. Triggers are away until the cut-over, and counters follow at the end.
 * @throws DatabaseError `TRANSFER_SCHEMA_CHANGED`
 */
export async function assertSameSchema(target: TargetDatabase, source: Source): Promise<void> {
  const triggers = new Set(source.schema.triggers.map(({ name }) => name));
  const differences = (await compareSchemas(target, source)).filter(
    ({ kind, object }) =>
      kind !== 'sequence' && kind !== 'user-version' && !(kind === 'object-missing' && triggers.has(object)),
  );
  if (differences.length === 0) return;
  const list = differences.map(({ kind, object }) => `${kind} ${object}`).join(', ');
  throw createTransferError(
    `the definitions are no longer those of the copy (${list}): change them on both sides, or copy anew`,
    'TRANSFER_SCHEMA_CHANGED',
  );
}
