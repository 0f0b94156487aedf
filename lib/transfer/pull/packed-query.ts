import type { HranaStatement } from '../../drivers/turso/hrana-protocol.js';
import { quoteName } from '../source/quote-name.js';
import { listExpressions } from '../source/select-rows.js';
import type { SourceTable } from '../source/source-schema.js';
import { toReadable } from '../verify/readable-query.js';
import { realScales } from '../real-scales.js';

/** Rows of a pack at most. */
const rowsPerPack = 128;

/** A longer row travels alone, in bytes of its texts and blobs: a pack is a single value, of which a server takes 5,000,000. */
const longestRow = 16_384;

/** SQLite nests an expression only so deep, and a function takes 127 arguments. */
const mostColumns = 100;

/** Names that no column has. */
const [windows, alone, first, last, id, size, peak, packed] = [
  'windows',
  'row',
  'first',
  'last',
  'id',
  'size',
  'peak',
  'packed',
].map((name) => `nestjs_turso_${name}`);

/** Functions of the server without which rows cannot be packed. */
export const packingFunctions: readonly string[] = ['octet_length/1', 'atan2/2'];

/** Only rows that have a rowid can be read pack by pack in one statement. */
export function isPackable({ rowid, columns }: SourceTable): boolean {
  return rowid !== undefined && columns.length < mostColumns;
}

/**
 * Reads a table with many rows in one value: each row and each value that a server sends for itself costs it far more than reading it
 * (measured: 90,000 rows a second alone, 600,000 in packs). Rows are taken by their rowid, up to `rowsPerPack` at a time; one that is
 * long, or holds a number that cannot be packed exactly, ends up alone. It streams: the server holds one pack.
 *
 * The first column is a pack for `unpackRows`, or NULL: then the others are those of a readable query for one row.
 */
export function toPacked(table: SourceTable, afterRowid: bigint | undefined): HranaStatement {
  const rowid = table.rowid as string;
  const name = quoteName(table.name);
  const expressions = listExpressions(table, false);
  const from = afterRowid === undefined ? '' : ` WHERE ${rowid} > ${afterRowid}`;
  const sizes = expressions.map(toSize);
  // up to the first row that is long, which is then taken by itself
  const lastOfNext = (where: string): string =>
    `(SELECT coalesce(max(CASE WHEN ${peak} <= ${longestRow} THEN ${id} END), min(${id})) FROM` +
    ` (SELECT ${id}, max(${size}) OVER (ORDER BY ${id}) AS ${peak} FROM` +
    ` (SELECT ${rowid} AS ${id}, ${sizes.join(' + ')} AS ${size} FROM ${name}${where} ORDER BY ${rowid} LIMIT ${rowsPerPack})))`;
  const next = ` WHERE ${rowid} > ${last}`;
  const pack =
    `CASE WHEN ${first} < ${last} THEN (SELECT CAST(group_concat(${packed}, '') AS BLOB) FROM (SELECT` +
    ` ${expressions.map(toPackedValue).join(' || ')} AS ${packed} FROM ${name} WHERE ${rowid} BETWEEN ${first} AND ${last} ORDER BY ${rowid})) END`;
  const single = expressions.map((expression) => `${alone}.${expression}`);
  const { sql } = toReadable(
    `SELECT ${single.join(', ')} FROM ${windows} LEFT JOIN ${name} AS ${alone} ON ${first} = ${last} AND ${alone}.${rowid} = ${first}` +
      ` WHERE ${first} IS NOT NULL`,
    single,
  );
  return {
    sql:
      `WITH RECURSIVE ${windows} (${first}, ${last}) AS (SELECT min(${rowid}), ${lastOfNext(from)} FROM ${name}${from}` +
      ` UNION ALL SELECT (SELECT min(${rowid}) FROM ${name}${next}), ${lastOfNext(next)} FROM ${windows}` +
      ` WHERE ${last} < (SELECT max(${rowid}) FROM ${name})) SELECT ${pack}, ${sql.slice('SELECT '.length)}`,
    want_rows: true,
  };
}

/** Sums up to what tells a row that can be packed, without reading a long value. */
function toSize(name: string): string {
  return (
    `CASE typeof(${name}) WHEN 'text' THEN octet_length(${name}) WHEN 'blob' THEN octet_length(${name})` +
    ` WHEN 'real' THEN CASE WHEN ${isExact(name)} THEN 0 ELSE ${longestRow + 1} END ELSE 0 END`
  );
}

/** Neither too large nor too small for the scales, and no negative zero, which is equal to zero and tells it by its angle alone. */
function isExact(name: string): string {
  const [largest, smallest] = [realScales[0], realScales.at(-1)];
  return (
    `abs(${name}) >= ${toPower(53 - (smallest as number))} AND abs(${name}) < ${toPower(62 - (largest as number))}` +
    ` OR ${name} = 0 AND atan2(0, ${name}) < 1`
  );
}

/** Bytes as they are, behind their length; integers and scaled floats as digits. */
function toPackedValue(name: string): string {
  const bytes = `octet_length(${name}) || ':' || ${name}`;
  const scaled = realScales.map(
    (scale, index) =>
      `WHEN abs(${name}) >= ${toPower(53 - scale)} THEN '${String.fromCharCode(0x61 + index)}' || CAST(${name}${toFactor(scale)} AS INTEGER)`,
  );
  return (
    `CASE typeof(${name}) WHEN 'text' THEN 'T' || ${bytes} WHEN 'integer' THEN 'I' || ${name} || ',' WHEN 'null' THEN 'N'` +
    ` WHEN 'blob' THEN 'B' || ${bytes} ELSE 'F' || CASE ${scaled.join(' ')} ELSE 'a0' END || ',' END`
  );
}

/** A power of two, as SQL that no parser of decimals has a part in. */
function toPower(exponent: number): string {
  return exponent < 0 ? `(1.0 / (1 << ${-exponent}))` : `(1 << ${exponent})`;
}

/** In steps that an integer holds. */
function toFactor(scale: number): string {
  return scale > 45 ? ` * (1 << 45) * (1 << ${scale - 45})` : ` * (1 << ${scale})`;
}
