import type { HranaStatement } from '../../drivers/turso/hrana-protocol.js';
import { realScales } from '../real-scales.js';
import { RawText, type Cell } from '../source/cell.js';

/** A statement for fewer rows is not worth it. */
const leastRows = 16;

/** Bytes of a cell: an integer, or where its bytes begin and how many they are; its kind; of a float the power of two. */
const width = { value: 20, half: 10, kind: 1, scale: 2, cell: 23 } as const;

type Kind = 'N' | 'I' | 'F' | 'T' | 'B';

/**
 * Inserts many rows from two parameters, one of cells of equal length and one of texts and bytes, which SQLite takes apart again: a
 * server spends more on each parameter than on storing it (measured: 60,000 rows a second in VALUES, 135,000 so). Floats travel scaled
 * to integers.
 * @param into `INSERT INTO … (…)`
 * @returns undefined when a value cannot travel so
 */
export function toPackedInsert(into: string, rows: readonly (readonly Cell[])[]): HranaStatement | undefined {
  if (rows.length < leastRows) return undefined;
  const columns = rows[0]?.length ?? 0;
  const kinds = Array.from({ length: columns }, () => new Set<Kind>());
  const cells: string[] = [];
  // SQLite takes an empty parameter for NULL
  const bytes: Uint8Array[] = [Buffer.alloc(1)];
  let end = 2;
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      const [kind, value, scale] = toParts(cell);
      if (kind === undefined) return undefined;
      kinds[column]?.add(kind);
      let text = value;
      if (typeof value !== 'string') {
        text = String(end).padStart(width.half) + String(value.byteLength).padStart(width.half);
        bytes.push(value);
        end += value.byteLength;
      }
      cells.push(`${(text as string).padStart(width.value)}${kind}${String(scale).padStart(width.scale)}`);
    }
  }
  const values = kinds.map((found, column) => toExpression(found, column, columns)).join(', ');
  // numbers alone need no texts, and NULL alone needs nothing: a parameter too many is an error
  const buffers = [Buffer.from(cells.join('')), Buffer.concat(bytes)];
  const used = buffers.filter((_, index) => values.includes(`(?${index + 1}, `));
  return {
    sql:
      `WITH RECURSIVE nestjs_turso_rows (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM nestjs_turso_rows WHERE i + 1 < ${rows.length})` +
      ` ${into} SELECT ${values} FROM nestjs_turso_rows`,
    args: used.map((buffer) => ({ type: 'blob', base64: buffer.toString('base64') })),
    want_rows: false,
  };
}

function toParts(cell: Cell): [kind: Kind | undefined, value: string | Uint8Array, scale: number] {
  if (cell === null) return ['N', '', 0];
  if (typeof cell === 'bigint') return ['I', String(cell), 0];
  if (typeof cell === 'string') return ['T', Buffer.from(cell), 0];
  if (typeof cell !== 'number') return cell instanceof RawText ? ['T', cell.bytes, 0] : ['B', cell, 0];
  if (Object.is(cell, 0)) return ['F', '0', 0];
  const size = Math.abs(cell);
  const scale = realScales.find((power) => size >= 2 ** (53 - power));
  if (scale === undefined || size >= 2 ** 62) return [undefined, '', 0];
  return ['F', String(BigInt(cell * 2 ** scale)), scale];
}

function toExpression(kinds: ReadonlySet<Kind>, column: number, columns: number): string {
  const from = (offset: number, length: number): string =>
    `substr(?1, i * ${columns * width.cell} + ${column * width.cell + offset + 1}, ${length})`;
  const [only, ...others] = [...kinds].map((kind): [Kind, string] => [kind, toValue(kind, from)]);
  if (others.length === 0) return only?.[1] ?? 'NULL';
  const cases = [only as [Kind, string], ...others].map(
    ([kind, value]) => `WHEN x'${Buffer.from(kind).toString('hex')}' THEN ${value}`,
  );
  return `CASE ${from(width.value, width.kind)} ${cases.join(' ')} END`;
}

function toValue(kind: Kind, from: (offset: number, length: number) => string): string {
  const bytes = `substr(?2, CAST(${from(0, width.half)} AS INTEGER), CAST(${from(width.half, width.half)} AS INTEGER))`;
  const integer = `CAST(${from(0, width.value)} AS INTEGER)`;
  const scale = `CAST(${from(width.value + width.kind, width.scale)} AS INTEGER)`;
  switch (kind) {
    case 'N':
      return 'NULL';
    case 'I':
      return integer;
    case 'F':
      return `CAST(${integer} AS REAL) / (1 << min(${scale}, 45)) / (1 << max(${scale} - 45, 0))`;
    case 'T':
      return `CAST(${bytes} AS TEXT)`;
    case 'B':
      return bytes;
  }
}
