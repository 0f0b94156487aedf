import type { Cell } from '../source/cell.js';
import { readRows } from '../source/read-rows.js';
import { listExpressions, selectRows } from '../source/select-rows.js';
import type { Source } from '../source/source.js';
import type { SourceTable } from '../source/source-schema.js';
import type { TargetDatabase } from '../target/target-database.js';
import { RowDigest } from './row-digest.js';
import type { TargetHasher } from './target-hasher.js';

/** Rows of one digest. */
export const windowRows = 4_000;

/** A run of rows, with what its digest is over. */
export interface TableWindow {
  readonly sql: string;
  readonly digest: string;
  /** Rows of the source before it, without those left out. */
  readonly offset: number;
  readonly rows: number;
  /** Of its rows, as `RowDigest` counts them. */
  readonly bytes: number;
  /** Rowids around it: behind the first, up to the last; `undefined` is open. */
  readonly afterRowid: bigint | undefined;
  readonly lastRowid: bigint | undefined;
}

/** What a comparison of tables needs. */
export interface Comparison {
  readonly source: Source;
  readonly target: TargetDatabase;
  readonly hasher: TargetHasher;
}

/**
 * Rows that are on the target, if all is well.
 * @param offset how many of them to skip
 */
export function* readCopied(
  source: Source,
  table: SourceTable,
  leftOut: ReadonlySet<number>,
  offset = 0,
): Generator<Cell[], void, undefined> {
  let index = offset;
  for (const place of [...leftOut].sort((a, b) => a - b)) if (place <= index) index++;
  const window = { afterRowid: undefined, offset: index, limit: undefined };
  for (const row of readRows(source, table, listExpressions(table, true), window))
    if (!leftOut.has(index++)) yield row;
}

/** Runs of rows in the order of the key, the last one open at its end. */
export function* splitIntoWindows(
  source: Source,
  table: SourceTable,
  leftOut: ReadonlySet<number>,
): Generator<TableWindow, void, undefined> {
  const expressions = listExpressions(table, true);
  const rowidAt = table.rowid === undefined ? -1 : expressions.indexOf(table.rowid);
  const rows = readCopied(source, table, leftOut);
  let afterRowid: bigint | undefined;
  try {
    for (let offset = 0; ;) {
      const start = table.rowid === undefined ? offset : 0;
      const sql = selectRows(table, expressions, { afterRowid, offset: start, limit: windowRows });
      const digest = new RowDigest(sql);
      let count = 0;
      let rowid = afterRowid;
      while (count < windowRows) {
        const next = rows.next();
        if (next.done === true) break;
        digest.addRow(next.value);
        count++;
        if (rowidAt >= 0) rowid = next.value[rowidAt] as bigint;
      }
      const isLast = count < windowRows;
      const lastRowid = isLast ? undefined : rowid;
      const { size: bytes } = digest;
      yield { sql, digest: digest.finish(), offset, rows: count, bytes, afterRowid, lastRowid };
      if (isLast) return;
      offset += count;
      afterRowid = rowid;
    }
  } finally {
    rows.return();
  }
}
