import { readRows } from '../source/read-rows.js';
import { listExpressions, selectRows } from '../source/select-rows.js';
import type { Source } from '../source/source.js';
import type { SourceTable } from '../source/source-schema.js';
import { throwIfStopped } from '../throw-if-stopped.js';
import type { HashQuery } from '../verify/target-hasher.js';
import { RowDigest } from '../verify/row-digest.js';
import { splitIntoWindows, type Comparison, type TableWindow } from '../verify/table-window.js';

/** Rows of a table that differ, or may differ: between two rowids, or from a place on. */
export interface StaleRange {
  readonly table: SourceTable;
  /** Behind this rowid; `undefined` is open. */
  readonly afterRowid: bigint | undefined;
  /** Up to this one; `undefined` is open. */
  readonly lastRowid: bigint | undefined;
  /** Rows of the source before it, where rows have only their order. */
  readonly offset: number;
  /** Rows of the source in it; `undefined` is all that follow. */
  readonly rows: number | undefined;
}

/** Digests of one request. */
const windowsPerRequest = 12;

/** Rows of a run within a window that differs. */
const runRows = 100;

/** Finds what differs, window by window, then run by run. Rows without a rowid are compared up to the first window that differs. */
export async function findStale(
  comparison: Comparison,
  tables: readonly SourceTable[],
): Promise<StaleRange[]> {
  const stale: StaleRange[] = [];
  for (const table of tables) {
    let pending: TableWindow[] = [];
    let isShifted = false;
    const compare = async (): Promise<void> => {
      const differing = await findDiffering(comparison, table, pending);
      pending = [];
      if (table.rowid !== undefined) {
        for (const window of differing) stale.push(...(await findRuns(comparison, table, window)));
      } else if (differing[0] !== undefined) {
        // whatever comes behind a row too many is shifted
        const offset = table.keyColumns.length === 0 ? 0 : differing[0].offset;
        stale.push({ table, afterRowid: undefined, lastRowid: undefined, offset, rows: undefined });
        isShifted = true;
      }
    };
    for (const window of splitIntoWindows(comparison.source, table, new Set())) {
      if (pending.push(window) === windowsPerRequest) await compare();
      if (isShifted) break;
    }
    if (!isShifted) await compare();
  }
  return stale;
}

async function findDiffering<Part extends { readonly sql: string; readonly digest: string }>(
  { hasher, target }: Comparison,
  table: SourceTable,
  parts: readonly Part[],
): Promise<Part[]> {
  throwIfStopped(target.options.signal);
  target.options.onProgress({ stage: 'verify', object: table.name, rows: 0, totalRows: table.rowCount });
  const queries = parts.map(({ sql }): HashQuery => ({ sql, table }));
  const digests = queries.length === 0 ? [] : await hasher.hash(queries);
  return parts.filter(({ digest }, index) => digests[index] !== digest);
}

interface Run extends StaleRange {
  readonly sql: string;
  readonly digest: string;
}

async function findRuns(
  comparison: Comparison,
  table: SourceTable,
  window: TableWindow,
): Promise<StaleRange[]> {
  const { afterRowid, lastRowid, rows } = window;
  const runs = await findDiffering(comparison, table, [...splitIntoRuns(comparison.source, table, window)]);
  // somebody writes meanwhile
  return runs.length > 0 ? runs : [{ table, afterRowid, lastRowid, offset: 0, rows }];
}

/** The last run of an open window is not full: its digest reaches beyond the source's last row. */
function* splitIntoRuns(
  source: Source,
  table: SourceTable,
  { afterRowid, lastRowid, rows }: TableWindow,
): Generator<Run, void, undefined> {
  const expressions = listExpressions(table, true);
  const rowidAt = expressions.indexOf(table.rowid as string);
  const reader = readRows(source, table, expressions, { afterRowid, offset: 0, limit: rows });
  const isOpen = lastRowid === undefined;
  let [after, done, isLast] = [afterRowid, 0, false];
  try {
    while (!isLast) {
      const sql = selectRows(table, expressions, { afterRowid: after, offset: 0, limit: runRows });
      const digest = new RowDigest(sql);
      let [count, last] = [0, after];
      while (count < Math.min(runRows, rows - done)) {
        const next = reader.next();
        if (next.done === true) break;
        digest.addRow(next.value);
        last = next.value[rowidAt] as bigint;
        count++;
      }
      done += count;
      isLast = isOpen ? count < runRows : done >= rows;
      const end = isOpen && isLast ? undefined : last;
      yield {
        table,
        sql,
        digest: digest.finish(),
        afterRowid: after,
        lastRowid: end,
        offset: 0,
        rows: count,
      };
      after = last;
    }
  } finally {
    reader.return();
  }
}
