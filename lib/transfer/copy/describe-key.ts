import { RawText, type Cell } from '../source/cell.js';
import { quoteName } from '../source/quote-name.js';
import { listExpressions } from '../source/select-rows.js';
import type { SourceTable } from '../source/source-schema.js';

const longestValue = 60;

/** Names a row by its rowid or primary key, as SQL would; where it has neither, by its place. */
export function describeRow(table: SourceTable, row: readonly Cell[], index: number): string {
  const names = table.rowid === undefined ? table.keyColumns.map(quoteName) : [table.rowid];
  if (names.length === 0) return `row ${index + 1}`;
  const expressions = listExpressions(table, false);
  return names.map((name) => `${name} = ${describeCell(row[expressions.indexOf(name)])}`).join(' AND ');
}

function describeCell(cell: Cell | undefined): string {
  if (cell === undefined || cell === null) return 'NULL';
  if (typeof cell === 'bigint' || typeof cell === 'number') return String(cell);
  if (typeof cell === 'string') return `'${shorten(cell).replaceAll("'", "''")}'`;
  return `x'${shorten(Buffer.from(cell instanceof RawText ? cell.bytes : cell).toString('hex'))}'`;
}

function shorten(text: string): string {
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
