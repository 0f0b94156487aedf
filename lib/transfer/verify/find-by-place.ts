import type { Cell } from '../source/cell.js';
import { describeRow } from '../copy/describe-key.js';
import { listExpressions, selectRows } from '../source/select-rows.js';
import type { SourceTable } from '../source/source-schema.js';
import { RowDigest } from './row-digest.js';
import type { Difference } from './verification.js';
import { readCopied, type Comparison, type TableWindow } from './table-window.js';

/**
 * Finds the first row that differs by halving: rows without a rowid are known by their place in the order of the key. They are read
 * again for each half, because a window of long rows is too much to hold.
 */
export async function findByPlace(
  { source, hasher }: Comparison,
  table: SourceTable,
  window: TableWindow,
  leftOut: ReadonlySet<number>,
): Promise<Difference[]> {
  const expressions = listExpressions(table, true);
  const isEqual = async (count: number): Promise<boolean> => {
    const sql = selectRows(table, expressions, {
      afterRowid: undefined,
      offset: window.offset,
      limit: count,
    });
    const digest = new RowDigest(sql);
    const rows = readCopied(source, table, leftOut, window.offset);
    for (let read = 0; read < Math.min(count, window.rows); read++)
      digest.addRow(rows.next().value as Cell[]);
    rows.return();
    const [found] = await hasher.hash([{ sql, table }]);
    return found === digest.finish();
  };
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
  const rows = readCopied(source, table, leftOut, window.offset + equal);
  const row = rows.next().value as Cell[];
  rows.return();
  const stored = row.filter((_, index) => !table.columns[index]?.generated);
  const key = describeRow(table, stored, window.offset + equal);
  return [{ kind: 'row-changed', object: table.name, key }];
}
