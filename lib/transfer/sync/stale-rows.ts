import { quoteName } from '../source/quote-name.js';
import type { StaleRange } from './find-stale.js';

/** What follows `DELETE` or `SELECT …`: the target's rows in a range. */
export function fromRange({ table, afterRowid, lastRowid, offset }: StaleRange): string {
  const { rowid, keyColumns, keyOrder } = table;
  const from = `FROM ${quoteName(table.name)}`;
  if (rowid !== undefined) {
    const bounds = [
      ...(afterRowid === undefined ? [] : [`${rowid} > ${afterRowid}`]),
      ...(lastRowid === undefined ? [] : [`${rowid} <= ${lastRowid}`]),
    ];
    return bounds.length === 0 ? from : `${from} WHERE ${bounds.join(' AND ')}`;
  }
  if (offset === 0) return from;
  const key = keyColumns.map(quoteName).join(', ');
  const behind = `SELECT ${key} ${from} ORDER BY ${keyOrder.join(', ')} LIMIT -1 OFFSET ${offset}`;
  return `${from} WHERE (${key}) IN (${behind})`;
}
