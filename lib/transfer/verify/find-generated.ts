import type { Cell } from '../source/cell.js';
import { listExpressions, selectRows } from '../source/select-rows.js';
import type { SourceTable } from '../source/source-schema.js';
import { RowDigest } from './row-digest.js';
import { readCopied, windowRows, type Comparison, type TableWindow } from './table-window.js';

/**
 * Names the generated columns that make a window differ, where all that is stored in it is equal: the two sides compute them in
 * different ways.
 */
export async function findGenerated(
  comparison: Comparison,
  table: SourceTable,
  window: TableWindow,
  leftOut: ReadonlySet<number>,
): Promise<string[]> {
  const generated = table.columns.filter((column) => column.generated);
  if (generated.length === 0) return [];
  const isEqual = (part: SourceTable): Promise<boolean> => isPartEqual(comparison, part, window, leftOut);
  const stored = table.columns.filter((column) => !column.generated);
  if (!(await isEqual({ ...table, columns: stored }))) return [];
  const found: string[] = [];
  for (const column of generated)
    if (!(await isEqual({ ...table, columns: [column], rowidIsHidden: false }))) found.push(column.name);
  return found;
}

/** @param part the table with some of its columns */
async function isPartEqual(
  { source, hasher }: Comparison,
  part: SourceTable,
  { afterRowid, offset, rows: count }: TableWindow,
  leftOut: ReadonlySet<number>,
): Promise<boolean> {
  const start = part.rowid === undefined ? offset : 0;
  const sql = selectRows(part, listExpressions(part, true), { afterRowid, offset: start, limit: windowRows });
  const digest = new RowDigest(sql);
  const rows = readCopied(source, part, leftOut, offset);
  for (let read = 0; read < count; read++) digest.addRow(rows.next().value as Cell[]);
  rows.return();
  const [found] = await hasher.hash([{ sql, table: part }]);
  return found === digest.finish();
}
