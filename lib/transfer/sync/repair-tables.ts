import { readRows } from '../source/read-rows.js';
import { listExpressions } from '../source/select-rows.js';
import type { SourceTable } from '../source/source-schema.js';
import { createTransferError } from '../transfer-errors.js';
import type { Comparison } from '../verify/table-window.js';
import { countRemoved } from './count-removed.js';
import { findStale } from './find-stale.js';
import { fromRange } from './stale-rows.js';
import type { SyncWriter } from './sync-writer.js';
import type { TableChange } from './sync-report.js';

/**
 * Makes tables equal by comparing digests and writing anew what differs, then compares what was written.
 * @throws DatabaseError `TRANSFER_MISMATCH` when it still differs
 */
export async function repairTables(
  comparison: Comparison,
  tables: readonly SourceTable[],
  writer: SyncWriter,
): Promise<TableChange[]> {
  const stale = await findStale(comparison, tables);
  const removed = new Map<SourceTable, number>();
  for (const table of new Set(stale.map((range) => range.table))) {
    const ranges = stale.filter((range) => range.table === table);
    removed.set(table, await countRemoved(comparison, table, ranges));
  }
  // all of it before anything is written: a value that is unique may have moved
  for (const range of stale) await writer.add([{ sql: `DELETE ${fromRange(range)}`, want_rows: false }], 100);
  const written = new Map<SourceTable, number>();
  for (const range of stale) {
    const { table, afterRowid, offset, rows: limit } = range;
    const window = { afterRowid, offset, limit };
    const rows = readRows(comparison.source, table, listExpressions(table, false), window);
    written.set(table, (written.get(table) ?? 0) + (await writer.insertRows(table, rows)));
  }
  await writer.flush();
  const [left] = await findStale(comparison, [...written.keys()]);
  if (left !== undefined) throw createMismatch(left.table);
  return [...written].map(([table, count]) => ({
    name: table.name,
    method: 'hash',
    written: count,
    removed: removed.get(table) ?? 0,
  }));
}

function createMismatch({ name, columns }: SourceTable): Error {
  const isComputed = columns.some(({ generated }) => generated);
  const why = isComputed
    ? 'who else writes, or does the target compute a column differently?'
    : 'who else writes?';
  return createTransferError(`${name} still differs: ${why}`, 'TRANSFER_MISMATCH');
}
