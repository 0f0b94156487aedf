import type { HranaStatement } from '../../drivers/turso/hrana-protocol.js';
import type { Cell } from '../source/cell.js';
import { PackedCells, type Kind, type PackedColumn, type Slot } from './packed-cells.js';

/** A statement for fewer rows is not worth it. */
const leastRows = 16;

/**
 * Inserts many rows from two parameters, one of cells of equal length and one of texts and bytes, which SQLite takes apart again: a
 * server spends more on each parameter than on storing it (measured: 60,000 rows a second in VALUES, 135,000 so). Floats travel scaled
 * to integers.
 * @param into `INSERT INTO … (…)`
 * @returns undefined when a value cannot travel so
 */
export function toPackedInsert(into: string, rows: readonly (readonly Cell[])[]): HranaStatement | undefined {
  if (rows.length < leastRows) return undefined;
  const packed = new PackedCells(rows[0]?.length ?? 0, rows.length);
  for (const row of rows) for (const cell of row) if (!packed.add(cell)) return undefined;
  const { columns, rowWidth, cells, bytes } = packed.finish();
  const values = columns.map((column) => toExpression(column, rowWidth)).join(', ');
  // numbers alone need no texts, and NULL alone needs nothing: a parameter too many is an error
  const used = [cells, bytes].filter((_, index) => values.includes(`(?${index + 1}, `));
  return {
    sql:
      `WITH RECURSIVE nestjs_turso_rows (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM nestjs_turso_rows WHERE i + 1 < ${rows.length})` +
      ` ${into} SELECT ${values} FROM nestjs_turso_rows`,
    args: used.map((buffer) => ({ type: 'blob', base64: buffer.toString('base64') })),
    want_rows: false,
  };
}

function toExpression(column: PackedColumn, rowWidth: number): string {
  const from = ({ start, length }: Slot): string => `substr(?1, i * ${rowWidth} + ${start + 1}, ${length})`;
  const [only, ...others] = column.kinds.map((kind): [Kind, string] => [kind, toValue(kind, column, from)]);
  if (others.length === 0) return only?.[1] ?? 'NULL';
  const cases = [only as [Kind, string], ...others].map(
    ([kind, value]) => `WHEN x'${Buffer.from(kind).toString('hex')}' THEN ${value}`,
  );
  return `CASE ${from(column.kind)} ${cases.join(' ')} END`;
}

function toValue(kind: Kind, column: PackedColumn, from: (slot: Slot) => string): string {
  const value = `CAST(${from(column.value)} AS INTEGER)`;
  const bytes = `substr(?2, ${value}, CAST(${from(column.size)} AS INTEGER))`;
  const scale = `CAST(${from(column.size)} AS INTEGER)`;
  switch (kind) {
    case 'N':
      return 'NULL';
    case 'I':
      return value;
    case 'F':
      return `CAST(${value} AS REAL) / (1 << min(${scale}, 45)) / (1 << max(${scale} - 45, 0))`;
    case 'T':
      return `CAST(${bytes} AS TEXT)`;
    case 'B':
      return bytes;
  }
}
