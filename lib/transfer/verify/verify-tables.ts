import { createHash, type Hash } from 'node:crypto';
import type { SourceTable } from '../source/source-schema.js';
import { throwIfStopped } from '../throw-if-stopped.js';
import { findDifferences } from './find-differences.js';
import { splitIntoWindows, type Comparison, type TableWindow } from './table-window.js';
import type { Difference, VerifiedTable } from './verification.js';

/** Digests of one request. */
const windowsPerRequest = 12;

/** Differences listed of one table. */
const mostListed = 100;

/** A table, how far its comparison is, and what it found. */
interface Progress {
  readonly table: SourceTable;
  /** Indexes of rows that were not copied. */
  readonly leftOut: ReadonlySet<number>;
  readonly total: Hash;
  readonly differences: Difference[];
  rows: number;
  bytes: number;
}

/**
 * Compares tables run by run, each by a digest computed on both sides; small tables share a request. The last run of a table reaches
 * beyond the source's last row, so that rows too many are found.
 * @param rejects rows that were not copied, by table
 */
export async function verifyTables(
  comparison: Comparison,
  tables: readonly SourceTable[],
  rejects: ReadonlyMap<string, ReadonlySet<number>>,
): Promise<{ verified: VerifiedTable[]; differences: Difference[] }> {
  const all: Progress[] = [];
  let pending: { progress: Progress; window: TableWindow }[] = [];
  const compare = async (): Promise<void> => {
    throwIfStopped(comparison.target.options.signal);
    const queries = pending.map(({ progress, window }) => ({ sql: window.sql, table: progress.table }));
    const digests = await comparison.hasher.hash(queries);
    for (const [index, { progress, window }] of pending.entries())
      await compareWindow(comparison, progress, window, digests[index] === window.digest);
    pending = [];
  };
  for (const table of tables) {
    const leftOut = rejects.get(table.name) ?? new Set<number>();
    const progress = { table, leftOut, total: createHash('sha3-256'), differences: [], rows: 0, bytes: 0 };
    all.push(progress);
    for (const window of splitIntoWindows(comparison.source, table, leftOut)) {
      pending.push({ progress, window });
      if (pending.length === windowsPerRequest) await compare();
    }
  }
  await compare();
  return {
    verified: all.map(({ table: { name }, rows, bytes, total, differences }) => ({
      name,
      rows,
      bytes,
      digest: total.digest('hex'),
      equal: differences.length === 0,
    })),
    differences: all.flatMap(({ differences }) => differences.slice(0, mostListed)),
  };
}

async function compareWindow(
  comparison: Comparison,
  progress: Progress,
  window: TableWindow,
  isEqual: boolean,
): Promise<void> {
  const { table, leftOut, total, differences } = progress;
  total.update(window.digest);
  progress.rows += window.rows;
  progress.bytes += window.bytes;
  const { onProgress } = comparison.target.options;
  onProgress({ stage: 'verify', object: table.name, rows: progress.rows, totalRows: table.rowCount });
  // without rowids, whatever comes behind a row too many is shifted
  const isKnown = table.rowid === undefined ? differences.length > 0 : differences.length >= mostListed;
  if (isEqual || isKnown) return;
  const found = await findDifferences(comparison, table, window, leftOut);
  // digests that differ are a difference, even if somebody wrote to the target meanwhile
  differences.push(
    ...(found.length > 0 ? found : [{ kind: 'row-changed' as const, object: table.name, key: '' }]),
  );
}
