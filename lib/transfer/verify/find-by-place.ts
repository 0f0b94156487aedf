import type { Cell } from '../source/cell.js';
import { describeRow } from '../copy/describe-key.js';
import { encodeRow } from '../copy/row-chunk.js';
import { listExpressions, selectRows } from '../source/select-rows.js';
import type { SourceTable } from '../source/source-schema.js';
import { RowDigest } from './row-digest.js';
import type { Difference } from './verification.js';
import { readCopied, type Comparison, type TableWindow } from './table-window.js';

/** Finds the first row that differs by halving: rows without a rowid are known by their place in the order of the key. */
export async function findByPlace(
  { source, hasher }: Comparison,
  table: SourceTable,
  window: TableWindow,
  leftOut: ReadonlySet<number>,
): Promise<Difference[]> {
  const rows = readWindow(readCopied(source, table, leftOut), window);
  const expressions = listExpressions(table, true);
  const isEqual = async (count: number): Promise<boolean> => {
    const sql = selectRows(table, expressions, {
      afterRowid: undefined,
      offset: window.offset,
      limit: count,
    });
    const digest = new RowDigest(sql);
    for (const row of rows.slice(0, count)) digest.addRow(row);
    const [found] = await hasher.hash([{ sql, table }]);
    return found === digest.finish();
  };
  let equal = 0;
  let unequal = rows.length + 1;
  while (unequal - equal > 1) {
    const middle = (equal + unequal) >> 1;
    if (await isEqual(middle)) equal = middle;
    else unequal = middle;
  }
  const row = rows[equal];
  if (row === undefined) {
    const key = `behind row ${window.offset + rows.length}`;
    return [{ kind: 'row-extra', object: table.name, key }];
  }
  const stored = row.filter((_, index) => !table.columns[index]?.generated);
  const key = describeRow(table, encodeRow(stored), window.offset + equal);
  return [{ kind: 'row-changed', object: table.name, key }];
}

function readWindow(
  rows: Generator<Cell[], void, undefined>,
  { offset, rows: count }: TableWindow,
): Cell[][] {
  const window: Cell[][] = [];
  let index = 0;
  for (const row of rows) {
    if (index >= offset + count) break;
    if (index++ >= offset) window.push(row);
  }
  return window;
}
