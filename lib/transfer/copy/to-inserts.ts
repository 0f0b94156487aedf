import type { HranaStatement, HranaValue } from '../../drivers/turso/hrana-protocol.js';
import type { Cell } from '../source/cell.js';
import { quoteName } from '../source/quote-name.js';
import { listExpressions } from '../source/select-rows.js';
import type { SourceTable } from '../source/source-schema.js';
import { encodeCell, parameter } from '../target/encode-cell.js';
import { sizeOfRow } from './row-chunk.js';

/** Bounds of a statement; SQLite's own for variables is 32,766. */
const maxRows = 2_000;
const maxBytes = 1_000_000;
const maxVariables = 32_000;

/** Multi-row inserts. OR ABORT beats an ON CONFLICT clause of the table, which could drop a row without a word. */
export function toInserts(table: SourceTable, rows: readonly (readonly Cell[])[]): HranaStatement[] {
  const columns = listExpressions(table, false);
  const head = `INSERT OR ABORT INTO ${quoteName(table.name)} (${columns.join(', ')}) VALUES `;
  const statements: HranaStatement[] = [];
  let tuples: string[] = [];
  let args: HranaValue[] = [];
  let bytes = 0;
  const finish = (): void => {
    if (tuples.length > 0) statements.push({ sql: head + tuples.join(','), args, want_rows: false });
    tuples = [];
    args = [];
    bytes = 0;
  };
  const plain = toTuple(columns.map(() => parameter));
  for (const row of rows) {
    const size = sizeOfRow(row);
    const isFull =
      tuples.length >= maxRows || bytes + size > maxBytes || args.length + row.length > maxVariables;
    if (isFull) finish();
    const cells = row.map(encodeCell);
    const isPlain = cells.every(({ sql }) => sql === parameter);
    tuples.push(isPlain ? plain : toTuple(cells.map(({ sql }) => sql)));
    for (const { value } of cells) if (value !== undefined) args.push(value);
    bytes += size;
  }
  finish();
  return statements;
}

function toTuple(values: readonly string[]): string {
  return `(${values.join(',')})`;
}
