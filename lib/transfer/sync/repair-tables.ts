import type { HranaStatement } from '../../drivers/turso/hrana-protocol.js';
import { quoteName } from '../source/quote-name.js';
import { readRows } from '../source/read-rows.js';
import { listExpressions } from '../source/select-rows.js';
import type { SourceTable } from '../source/source-schema.js';
import { createTransferError } from '../transfer-errors.js';
import type { Comparison } from '../verify/table-window.js';
import { findStale, type StaleRange } from './find-stale.js';
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
  // all of it before anything is written: a value that is unique may have moved
  for (const range of stale) await writer.add([deleteRange(range)], 100);
  const written = new Map<SourceTable, number>();
  for (const range of stale) {
    const { table, afterRowid, offset, rows: limit } = range;
    const window = { afterRowid, offset, limit };
    const rows = readRows(comparison.source, table, listExpressions(table, false), window);
    written.set(table, (written.get(table) ?? 0) + (await writer.insertRows(table, rows)));
  }
  await writer.flush();
  const [left] = await findStale(comparison, [...written.keys()]);
  if (left !== undefined)
    throw createTransferError(`${left.table.name} still differs: who else writes?`, 'TRANSFER_MISMATCH');
  return [...written].map(([{ name }, count]) => ({ name, method: 'hash', written: count, removed: 0 }));
}

function deleteRange({ table, afterRowid, lastRowid, offset }: StaleRange): HranaStatement {
  const { rowid, keyColumns, keyOrder } = table;
  const name = quoteName(table.name);
  if (rowid !== undefined) {
    const bounds = [
      ...(afterRowid === undefined ? [] : [`${rowid} > ${afterRowid}`]),
      ...(lastRowid === undefined ? [] : [`${rowid} <= ${lastRowid}`]),
    ];
    return remove(name, bounds.length === 0 ? '' : ` WHERE ${bounds.join(' AND ')}`);
  }
  if (offset === 0) return remove(name, '');
  const key = keyColumns.map(quoteName).join(', ');
  const behind = `SELECT ${key} FROM ${name} ORDER BY ${keyOrder.join(', ')} LIMIT -1 OFFSET ${offset}`;
  return remove(name, ` WHERE (${key}) IN (${behind})`);
}

function remove(name: string, where: string): HranaStatement {
  return { sql: `DELETE FROM ${name}${where}`, want_rows: false };
}
