import type { DatabaseState, Diagnosis } from '../transfer/index.js';
import { formatTable } from './format-table.js';

export function describeDiagnosis({ database, findings }: Diagnosis): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return [
    database,
    ...findings.map(({ check, level, message }) => `${level.padEnd(4)}  ${check.padEnd(width)}  ${message}`),
  ].join('\n');
}

export function describeStatus({ database, tables, bytes, journalMode, transfer }: DatabaseState): string {
  const rows = tables.map(({ name, rows: count }) => [
    name,
    count ?? 'unknown: its key needs a collation of the application',
  ]);
  return [
    `${database}: ${(bytes / 1_048_576).toFixed(1)} MiB, journal mode ${journalMode}`,
    ...(rows.length === 0 ? [] : [formatTable(['table', 'rows'], rows)]),
    transfer === undefined ? 'no transfer is under way' : `a transfer is not finished: ${transfer}`,
  ].join('\n');
}
