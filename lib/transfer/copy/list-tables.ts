import type { Reject } from '../target/checkpoint.js';
import type { VerifiedTable } from '../verify/verification.js';
import type { TableClock } from './table-clock.js';
import type { TableReport } from './transfer-report.js';

/** Puts together what is known of each table. */
export function listTableReports(
  tables: readonly VerifiedTable[],
  rejects: readonly Pick<Reject, 'table'>[],
  clock: TableClock,
): TableReport[] {
  const rejected = new Map<string, number>();
  for (const { table } of rejects) rejected.set(table, (rejected.get(table) ?? 0) + 1);
  return tables.map(({ name, rows, bytes, digest, equal }) => ({
    name,
    rows: rows + (rejected.get(name) ?? 0),
    copied: rows,
    rejected: rejected.get(name) ?? 0,
    bytes,
    durationMs: Math.round(clock.durationMs(name)),
    digest,
    equal,
  }));
}
