import { quoteName } from './quote-name.js';
import type { SourceTable } from './source-schema.js';

/** Which rows of a table: those behind a rowid, or behind a number of rows. */
export interface RowWindow {
  readonly afterRowid: bigint | undefined;
  readonly offset: number;
  readonly limit: number | undefined;
}

/**
 * Reads rows in the order that is the same on both sides: by rowid, by primary key, or, where neither has a name, as they lie, which
 * is by rowid too.
 */
export function selectRows(
  table: SourceTable,
  expressions: readonly string[],
  { afterRowid, offset, limit }: RowWindow,
): string {
  const where = afterRowid === undefined ? '' : ` WHERE ${table.rowid as string} > ${afterRowid}`;
  // NOT INDEXED: a covering index would give another order
  const scan = table.rowid === undefined && table.keyOrder.length === 0 ? ' NOT INDEXED' : '';
  const order = listOrder(table);
  const paging = limit === undefined && offset === 0 ? '' : ` LIMIT ${limit ?? -1} OFFSET ${offset}`;
  return `SELECT ${expressions.join(', ')} FROM ${quoteName(table.name)}${scan}${where}${order}${paging}`;
}

function listOrder({ rowid, keyOrder }: SourceTable): string {
  if (rowid !== undefined) return ` ORDER BY ${rowid}`;
  return keyOrder.length === 0 ? '' : ` ORDER BY ${keyOrder.join(', ')}`;
}

/** The rowid where it is no column, then every column. */
export function listExpressions(table: SourceTable, withGenerated: boolean): string[] {
  const columns = table.columns.filter(({ generated }) => withGenerated || !generated);
  return [
    ...(table.rowidIsHidden ? [table.rowid as string] : []),
    ...columns.map(({ name }) => quoteName(name)),
  ];
}
