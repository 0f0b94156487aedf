import { quoteName } from '../source/quote-name.js';
import { readRows } from '../source/read-rows.js';
import { listExpressions } from '../source/select-rows.js';
import type { SourceTable } from '../source/source-schema.js';
import { RowDigest } from './row-digest.js';
import type { Difference } from './verification.js';
import { windowRows, type Comparison, type TableWindow } from './table-window.js';

/** Differences listed of one table. */
const mostListed = 100;

/** Compares a window row by row: every rowid on both sides, with a digest of its row. */
export async function findByRowid(
  comparison: Comparison,
  table: SourceTable,
  window: TableWindow,
  leftOut: ReadonlySet<number>,
): Promise<Difference[]> {
  const here = hashSource(comparison, table, window, leftOut);
  const there = await listTargetRowids(comparison, table, window);
  const differences: Difference[] = [];
  const add = (kind: Difference['kind'], rowid: bigint): void => {
    const key = `${table.rowid as string} = ${rowid}`;
    if (differences.length < mostListed) differences.push({ kind, object: table.name, key });
  };
  const common: bigint[] = [];
  for (const rowid of here.keys()) {
    if (there.has(rowid)) common.push(rowid);
    else add('row-missing', rowid);
  }
  for (const rowid of there) if (!here.has(rowid)) add('row-extra', rowid);
  for (const rowid of await findChanged(comparison, table, common, here)) add('row-changed', rowid);
  return differences;
}

function hashSource(
  { source }: Comparison,
  table: SourceTable,
  window: TableWindow,
  leftOut: ReadonlySet<number>,
): Map<bigint, string> {
  const expressions = listExpressions(table, true);
  const rowidAt = expressions.indexOf(table.rowid as string);
  const digests = new Map<bigint, string>();
  // rows left out still count as places of the source
  const everything = { afterRowid: undefined, offset: window.offset, limit: undefined };
  let index = window.offset;
  for (const row of readRows(source, table, expressions, everything)) {
    const rowid = row[rowidAt] as bigint;
    if (window.lastRowid !== undefined && rowid > window.lastRowid) break;
    if (leftOut.has(index++) || (window.afterRowid !== undefined && rowid <= window.afterRowid)) continue;
    const digest = new RowDigest(selectRow(table, rowid));
    digest.addRow(row);
    digests.set(rowid, digest.finish());
  }
  return digests;
}

async function listTargetRowids(
  { target }: Comparison,
  table: SourceTable,
  { afterRowid, lastRowid }: TableWindow,
): Promise<Set<bigint>> {
  const rowid = table.rowid as string;
  const bounds = [
    ...(afterRowid === undefined ? [] : [`${rowid} > ${afterRowid}`]),
    ...(lastRowid === undefined ? [] : [`${rowid} <= ${lastRowid}`]),
  ];
  const where = bounds.length === 0 ? '' : ` WHERE ${bounds.join(' AND ')}`;
  const rows = await target.query(
    `SELECT ${rowid} FROM ${quoteName(table.name)}${where} ORDER BY ${rowid} LIMIT ${2 * windowRows}`,
  );
  return new Set(rows.map(([cell]) => (cell?.type === 'integer' ? BigInt(cell.value) : 0n)));
}

async function findChanged(
  { hasher }: Comparison,
  table: SourceTable,
  rowids: readonly bigint[],
  here: ReadonlyMap<bigint, string>,
): Promise<bigint[]> {
  const changed: bigint[] = [];
  for (let at = 0; at < rowids.length; at += 500) {
    const some = rowids.slice(at, at + 500);
    const found = await hasher.hash(some.map((rowid) => ({ sql: selectRow(table, rowid), table })));
    changed.push(...some.filter((rowid, index) => found[index] !== here.get(rowid)));
  }
  return changed;
}

function selectRow(table: SourceTable, rowid: bigint): string {
  const expressions = listExpressions(table, true).join(', ');
  return `SELECT ${expressions} FROM ${quoteName(table.name)} WHERE ${table.rowid as string} = ${rowid}`;
}
