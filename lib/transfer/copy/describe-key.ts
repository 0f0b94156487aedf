import type { HranaValue } from '../../drivers/turso/hrana-protocol.js';
import { quoteName } from '../source/quote-name.js';
import { listExpressions } from '../source/select-rows.js';
import type { SourceTable } from '../source/source-schema.js';
import type { EncodedRow } from './row-chunk.js';

const longestValue = 60;

/** Names a row by its rowid or primary key, as SQL would; where it has neither, by its place. */
export function describeRow(table: SourceTable, row: EncodedRow, index: number): string {
  const names = table.rowid === undefined ? table.keyColumns.map(quoteName) : [table.rowid];
  if (names.length === 0) return `row ${index + 1}`;
  const expressions = listExpressions(table, false);
  return names
    .map((name) => `${name} = ${describeValue(row.cells[expressions.indexOf(name)]?.value)}`)
    .join(' AND ');
}

function describeValue(value: HranaValue | undefined): string {
  if (value === undefined || value.type === 'null') return 'NULL';
  if (value.type === 'integer' || value.type === 'float') return String(value.value);
  const text = value.type === 'text' ? value.value : Buffer.from(value.base64, 'base64').toString('hex');
  const short = text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
  return value.type === 'text' ? `'${short.replaceAll("'", "''")}'` : `x'${short}'`;
}
