import { createHash } from 'node:crypto';
import type { SourceTable } from '../source/source-schema.js';
import { throwIfStopped } from '../throw-if-stopped.js';
import { findDifferences } from './find-differences.js';
import { splitIntoWindows, type Comparison, type TableWindow } from './table-window.js';
import type { Difference, VerifiedTable } from './verification.js';

/** Digests of one request. */
const windowsPerRequest = 8;

/** Differences listed of one table. */
const mostListed = 100;

/**
 * Compares a table run by run, each by a digest computed on both sides. The last run reaches beyond the source's last row, so that
 * rows too many are found.
 * @param leftOut indexes of rows that were not copied
 */
export async function verifyTable(
  comparison: Comparison,
  table: SourceTable,
  leftOut: ReadonlySet<number>,
): Promise<{ verified: VerifiedTable; differences: Difference[] }> {
  const { onProgress } = comparison.target.options;
  const total = createHash('sha3-256');
  const differences: Difference[] = [];
  let rows = 0;
  let pending: TableWindow[] = [];
  let isLost = false;
  const compare = async (): Promise<void> => {
    throwIfStopped(comparison.target.options.signal);
    const found = await comparison.hasher.hash(pending.map(({ sql }) => ({ sql, table })));
    for (const [index, window] of pending.entries()) {
      total.update(window.digest);
      rows += window.rows;
      if (found[index] === window.digest || isLost || differences.length >= mostListed) continue;
      differences.push(...(await findDifferences(comparison, table, window, leftOut)));
      // without rowids, whatever comes behind a row too many is shifted
      if (table.rowid === undefined) isLost = true;
    }
    pending = [];
    onProgress({ stage: 'verify', object: table.name, rows, totalRows: table.rowCount });
  };
  for (const window of splitIntoWindows(comparison.source, table, leftOut)) {
    pending.push(window);
    if (pending.length === windowsPerRequest) await compare();
  }
  await compare();
  const equal = differences.length === 0;
  const verified = { name: table.name, rows, digest: total.digest('hex'), equal };
  return { verified, differences: differences.slice(0, mostListed) };
}
