import type { SourceTable } from '../source/source-schema.js';
import { isRunEqual } from './is-run-equal.js';
import type { Comparison, TableWindow } from './table-window.js';

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
  const isEqual = (part: SourceTable): Promise<boolean> => isRunEqual(comparison, part, window, leftOut);
  const stored = table.columns.filter((column) => !column.generated);
  if (!(await isEqual({ ...table, columns: stored }))) return [];
  const found: string[] = [];
  for (const column of generated)
    if (!(await isEqual({ ...table, columns: [column], rowidIsHidden: false }))) found.push(column.name);
  return found;
}
