import type { CutoverReport, SyncReport, TableChange } from '../transfer/index.js';
import { describeVerification } from './describe-results.js';
import { formatTable } from './format-table.js';

export function describeSync({ mode, changes, durationMs }: SyncReport): string {
  const time = `${(durationMs / 1000).toFixed(1)} s`;
  return [...describeChanges(changes), `synchronized by ${mode} in ${time}`].join('\n');
}

export function describeCutover({ changes, pauseMs, sourceClosed, verification }: CutoverReport): string {
  return [
    describeVerification(verification),
    ...describeChanges(changes),
    `the pause took ${pauseMs} ms`,
    sourceClosed
      ? 'the source is closed: writes to it fail'
      : 'the source was not touched: nothing keeps an application from writing to it',
  ].join('\n');
}

function describeChanges(changes: readonly TableChange[]): string[] {
  if (changes.length === 0) return ['nothing had changed'];
  const rows = changes.map(({ name, method, written, removed }) => [name, written, removed, method]);
  return [formatTable(['table', 'written', 'removed', 'found by'], rows)];
}
