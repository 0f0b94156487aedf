import { createHash, type Hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { SourceTable } from '../source/source-schema.js';
import { throwIfStopped } from '../throw-if-stopped.js';
import { findDifferences } from './find-differences.js';
import { findGenerated } from './find-generated.js';
import { splitIntoWindows, type Comparison, type TableWindow } from './table-window.js';
import type { Difference, VerifiedTable } from './verification.js';

/** Bounds of a request: digests, and rows that they are over. */
const windowsPerRequest = 12;
const rowsPerRequest = 16_000;

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

/** A run that the target is asked for. */
interface Asked {
  readonly progress: Progress;
  readonly window: TableWindow;
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
  let pending: Asked[] = [];
  let pendingRows = 0;
  let compared: Promise<void> | undefined;
  // the server hashes what was asked while the next rows are read and hashed here
  const ask = async (): Promise<void> => {
    await compared;
    throwIfStopped(comparison.target.options.signal);
    compared = compareWindows(comparison, pending);
    // it is awaited below
    compared.catch(() => undefined);
    [pending, pendingRows] = [[], 0];
    // lets the question leave
    await setImmediate();
  };
  try {
    for (const table of tables) {
      const leftOut = rejects.get(table.name) ?? new Set<number>();
      const progress = { table, leftOut, total: createHash('sha3-256'), differences: [], rows: 0, bytes: 0 };
      all.push(progress);
      for (const window of splitIntoWindows(comparison.source, table, leftOut)) {
        pending.push({ progress, window });
        pendingRows += window.rows;
        if (pending.length === windowsPerRequest || pendingRows >= rowsPerRequest) await ask();
      }
    }
    await ask();
    await compared;
  } finally {
    await compared?.catch(() => undefined);
  }
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

async function compareWindows(comparison: Comparison, asked: readonly Asked[]): Promise<void> {
  const queries = asked.map(({ progress, window }) => ({ sql: window.sql, table: progress.table }));
  const digests = await comparison.hasher.hash(queries);
  for (const [index, { progress, window }] of asked.entries())
    await compareWindow(comparison, progress, window, digests[index] === window.digest);
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
  const isKnown =
    table.rowid === undefined
      ? differences.some(({ kind }) => kind !== 'generated-column')
      : differences.length >= mostListed;
  if (isEqual || isKnown) return;
  const columns = await findGenerated(comparison, table, window, leftOut);
  if (columns.length > 0) {
    const told = new Set(differences.map(({ kind, key }) => (kind === 'generated-column' ? key : '')));
    for (const key of columns)
      if (!told.has(key)) differences.push({ kind: 'generated-column', object: table.name, key });
    return;
  }
  const found = await findDifferences(comparison, table, window, leftOut);
  // digests that differ are a difference, even if somebody wrote to the target meanwhile
  differences.push(
    ...(found.length > 0 ? found : [{ kind: 'row-changed' as const, object: table.name, key: '' }]),
  );
}
