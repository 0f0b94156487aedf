import type { HranaStatement, HranaValue } from '../../drivers/turso/hrana-protocol.js';
import { quoteName } from '../source/quote-name.js';
import { listExpressions } from '../source/select-rows.js';
import type { SourceTable } from '../source/source-schema.js';
import type { EncodedRow } from './row-chunk.js';

/** Bounds of a statement; SQLite's own for variables is 32,766. */
const maxRows = 2_000;
const maxBytes = 1_000_000;
const maxVariables = 32_000;

/** Multi-row inserts. OR ABORT beats an ON CONFLICT clause of the table, which could drop a row without a word. */
export function toInserts(table: SourceTable, rows: readonly EncodedRow[]): HranaStatement[] {
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
  for (const row of rows) {
    const isFull =
      tuples.length >= maxRows ||
      bytes + row.bytes > maxBytes ||
      args.length + row.cells.length > maxVariables;
    if (isFull) finish();
    tuples.push(`(${row.cells.map(({ sql }) => sql).join(',')})`);
    for (const { value } of row.cells) if (value !== undefined) args.push(value);
    bytes += row.bytes;
  }
  finish();
  return statements;
}
