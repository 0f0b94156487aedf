import type { Cell } from '../source/cell.js';
import { listExpressions, selectRows } from '../source/select-rows.js';
import type { SourceTable } from '../source/source-schema.js';
import { RowDigest } from './row-digest.js';
import { readCopied, windowRows, type Comparison, type TableWindow } from './table-window.js';

/**
 * Compares the beginning of a window on both sides by a digest of its own.
 * @param table it, or the same with some of its columns
 * @param limit as many rows of the target, and of the source as many as the window has of them
 */
export async function isRunEqual(
  { source, hasher }: Comparison,
  table: SourceTable,
  { afterRowid, offset, rows: count }: TableWindow,
  leftOut: ReadonlySet<number>,
  limit = windowRows,
): Promise<boolean> {
  const start = table.rowid === undefined ? offset : 0;
  const sql = selectRows(table, listExpressions(table, true), { afterRowid, offset: start, limit });
  const digest = new RowDigest(sql);
  const rows = readCopied(source, table, leftOut, offset);
  for (let read = 0; read < Math.min(limit, count); read++) digest.addRow(rows.next().value as Cell[]);
  rows.return();
  const [found] = await hasher.hash([{ sql, table }]);
  return found === digest.finish();
}
