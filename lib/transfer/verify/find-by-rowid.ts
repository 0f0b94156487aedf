import type { Cell } from '../source/cell.js';
import { quoteName } from '../source/quote-name.js';
import { readRows } from '../source/read-rows.js';
import { listExpressions, selectRows } from '../source/select-rows.js';
import type { Source } from '../source/source.js';
import type { SourceTable } from '../source/source-schema.js';
import type { TargetDatabase } from '../target/target-database.js';
import { RowDigest } from './row-digest.js';
import { windowRows, type Comparison, type TableWindow } from './table-window.js';
import type { Difference } from './verification.js';

/** Rows of a run, which is compared as a whole before its rows are. */
const runRows = 100;

/** A run of the source's rows. */
interface Run {
  readonly sql: string;
  readonly digest: string;
  /** The digest of each row, by rowid. */
  readonly rows: ReadonlyMap<bigint, string>;
}

/** Compares the rowids of a window on both sides, then run by run, then row by row. */
export async function findByRowid(
  { source, target, hasher }: Comparison,
  table: SourceTable,
  window: TableWindow,
  leftOut: ReadonlySet<number>,
): Promise<Difference[]> {
  const runs = [...splitIntoRuns(source, table, window, leftOut)];
  const here = new Map(runs.flatMap(({ rows }) => [...rows]));
  const there = await listTargetRowids(target, table, window);
  const found = await hasher.hash(runs.map(({ sql }) => ({ sql, table })));
  const doubtful = runs.filter(({ digest }, index) => found[index] !== digest);
  const common = doubtful.flatMap(({ rows }) => [...rows.keys()]).filter((rowid) => there.has(rowid));
  const rows = await hasher.hash(common.map((rowid) => ({ sql: selectRow(table, rowid), table })));

  const name = (kind: Difference['kind'], rowids: readonly bigint[]): Difference[] =>
    rowids.map((rowid) => ({ kind, object: table.name, key: `${table.rowid as string} = ${rowid}` }));
  return [
    ...name(
      'row-missing',
      [...here.keys()].filter((rowid) => !there.has(rowid)),
    ),
    ...name(
      'row-extra',
      [...there].filter((rowid) => !here.has(rowid)),
    ),
    ...name(
      'row-changed',
      common.filter((rowid, index) => rows[index] !== here.get(rowid)),
    ),
  ];
}

function* splitIntoRuns(
  source: Source,
  table: SourceTable,
  window: TableWindow,
  leftOut: ReadonlySet<number>,
): Generator<Run, void, undefined> {
  const rows = readWindow(source, table, window, leftOut);
  let afterRowid = window.afterRowid;
  for (let isLast = false; !isLast;) {
    const start = { afterRowid, offset: 0, limit: runRows };
    const sql = selectRows(table, listExpressions(table, true), start);
    const digest = new RowDigest(sql);
    const digests = new Map<bigint, string>();
    while (digests.size < runRows && !isLast) {
      const next = rows.next();
      isLast = next.done === true;
      if (next.done === true) break;
      const [rowid, row] = next.value;
      const one = new RowDigest(selectRow(table, rowid));
      one.addRow(row);
      digests.set(rowid, one.finish());
      digest.addRow(row);
      afterRowid = rowid;
    }
    yield { sql, digest: digest.finish(), rows: digests };
  }
}

function* readWindow(
  source: Source,
  table: SourceTable,
  { offset, afterRowid, lastRowid }: TableWindow,
  leftOut: ReadonlySet<number>,
): Generator<readonly [bigint, Cell[]], void, undefined> {
  const expressions = listExpressions(table, true);
  const rowidAt = expressions.indexOf(table.rowid as string);
  // rows left out still count as places of the source, so the window begins here or later
  let index = offset;
  for (const row of readRows(source, table, expressions, {
    afterRowid: undefined,
    offset,
    limit: undefined,
  })) {
    const rowid = row[rowidAt] as bigint;
    if (lastRowid !== undefined && rowid > lastRowid) return;
    if (leftOut.has(index++) || (afterRowid !== undefined && rowid <= afterRowid)) continue;
    yield [rowid, row];
  }
}

async function listTargetRowids(
  target: TargetDatabase,
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

function selectRow(table: SourceTable, rowid: bigint): string {
  const expressions = listExpressions(table, true).join(', ');
  return `SELECT ${expressions} FROM ${quoteName(table.name)} WHERE ${table.rowid as string} = ${rowid}`;
}
