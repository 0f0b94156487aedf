import type { Cell } from '../source/cell.js';
import { describeRow } from '../copy/describe-key.js';
import type { SourceTable } from '../source/source-schema.js';
import { isRunEqual } from './is-run-equal.js';
import type { Difference } from './verification.js';
import { readCopied, type Comparison, type TableWindow } from './table-window.js';

/**
 * Finds the first row that differs by halving: rows without a rowid are known by their place in the order of the key. They are read
 * again for each half, because a window of long rows is too much to hold.
 */
export async function findByPlace(
  comparison: Comparison,
  table: SourceTable,
  window: TableWindow,
  leftOut: ReadonlySet<number>,
): Promise<Difference[]> {
  const isEqual = (count: number): Promise<boolean> => isRunEqual(comparison, table, window, leftOut, count);
  let equal = 0;
  let unequal = window.rows + 1;
  while (unequal - equal > 1) {
    const middle = (equal + unequal) >> 1;
    if (await isEqual(middle)) equal = middle;
    else unequal = middle;
  }
  if (equal === window.rows) {
    const key = `behind row ${window.offset + window.rows}`;
    return [{ kind: 'row-extra', object: table.name, key }];
  }
  const rows = readCopied(comparison.source, table, leftOut, window.offset + equal);
  const row = rows.next().value as Cell[];
  rows.return();
  const stored = row.filter((_, index) => !table.columns[index]?.generated);
  const key = describeRow(table, stored, window.offset + equal);
  return [{ kind: 'row-changed', object: table.name, key }];
}
