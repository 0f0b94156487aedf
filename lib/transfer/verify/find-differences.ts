import type { SourceTable } from '../source/source-schema.js';
import { findByPlace } from './find-by-place.js';
import { findByRowid } from './find-by-rowid.js';
import type { Difference } from './verification.js';
import type { Comparison, TableWindow } from './table-window.js';

/** Names the rows that make a window differ: all of them by rowid, or the first one where rows have only their order. */
export function findDifferences(
  comparison: Comparison,
  table: SourceTable,
  window: TableWindow,
  leftOut: ReadonlySet<number>,
): Promise<Difference[]> {
  return table.rowid === undefined
    ? findByPlace(comparison, table, window, leftOut)
    : findByRowid(comparison, table, window, leftOut);
}
