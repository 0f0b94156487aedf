import type { HranaStatement, HranaValue } from '../../drivers/turso/hrana-protocol.js';
import type { Cell } from '../source/cell.js';
import { quoteName } from '../source/quote-name.js';
import { listExpressions } from '../source/select-rows.js';
import type { SourceTable } from '../source/source-schema.js';
import { encodeCell } from '../target/encode-cell.js';
import { toPackedInsert } from './packed-insert.js';
import { sizeOfRow } from './row-chunk.js';

/** Bounds of a statement; SQLite's own for variables is 32,766. */
const maxRows = 2_000;
const maxBytes = 1_000_000;
const maxVariables = 32_000;

/** Multi-row inserts. OR ABORT beats an ON CONFLICT clause of the table, which could drop a row without a word. */
export function toInserts(table: SourceTable, rows: readonly (readonly Cell[])[]): HranaStatement[] {
  const columns = listExpressions(table, false);
  const into = `INSERT OR ABORT INTO ${quoteName(table.name)} (${columns.join(', ')})`;
  return split(rows).map((some) => toPackedInsert(into, some) ?? toPlainInsert(into, some));
}

/** Rows of one statement each. */
function split(rows: readonly (readonly Cell[])[]): (readonly Cell[])[][] {
  const statements: (readonly Cell[])[][] = [];
  let some: (readonly Cell[])[] = [];
  let [bytes, variables] = [0, 0];
  for (const row of rows) {
    const size = sizeOfRow(row);
    const isFull = some.length >= maxRows || bytes + size > maxBytes || variables + row.length > maxVariables;
    if (some.length === 0 || isFull) {
      some = [];
      statements.push(some);
      [bytes, variables] = [0, 0];
    }
    some.push(row);
    bytes += size;
    variables += row.length;
  }
  return statements;
}

function toPlainInsert(into: string, rows: readonly (readonly Cell[])[]): HranaStatement {
  const tuples: string[] = [];
  const args: HranaValue[] = [];
  for (const row of rows) {
    const cells = row.map(encodeCell);
    tuples.push(`(${cells.map(({ sql }) => sql).join(',')})`);
    for (const { value } of cells) if (value !== undefined) args.push(value);
  }
  return { sql: `${into} VALUES ${tuples.join(',')}`, args, want_rows: false };
}
