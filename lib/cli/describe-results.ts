import type {
  BackupReport,
  PullReport,
  TransferPlan,
  TransferReport,
  Verification,
} from '../transfer/index.js';
import { formatTable } from './format-table.js';

const shownDigest = 16;

export function describePlan(plan: TransferPlan): string {
  const { tables, virtualTables, indexes, views, triggers, problems, notes } = plan;
  const counts = `${virtualTables} virtual tables, ${indexes} indexes, ${views} views, ${triggers} triggers`;
  return [
    `${plan.source} → ${plan.target}`,
    ...(tables.length === 0
      ? []
      : [
          formatTable(
            ['table', 'rows'],
            tables.map(({ name, rows }) => [name, rows]),
          ),
        ]),
    counts,
    ...notes.map(({ kind, object, message }) => `note     ${kind} ${object}: ${message}`),
    ...problems.map(({ kind, object, message }) => `problem  ${kind} ${object}: ${message}`),
    problems.length === 0 ? 'nothing stands against a copy' : 'a copy would be refused',
  ].join('\n');
}

export function describeVerification({ tables, differences, equal }: Verification): string {
  const rows = tables.map(({ name, rows: count, digest, equal: same }) => [
    name,
    count,
    digest.slice(0, shownDigest),
    same ? 'equal' : 'differs',
  ]);
  return [
    ...(tables.length === 0 ? [] : [formatTable(['table', 'rows', 'digest', 'result'], rows)]),
    ...differences.map(({ kind, object, key }) => `${kind} ${object}${key === '' ? '' : `: ${key}`}`),
    equal ? 'verified: source and target are equal' : 'source and target differ',
  ].join('\n');
}

export function describeReport(report: TransferReport): string {
  const { rejects, rejectsFile, notes, verification, rows, durationMs } = report;
  return [
    ...notes.map(({ kind, object, message }) => `note  ${kind} ${object}: ${message}`),
    describeVerification(verification),
    ...(rejects.length === 0 ? [] : [`${rejects.length} rows were left out: ${rejectsFile}`]),
    `${rows} rows in ${(durationMs / 1000).toFixed(1)} s`,
  ].join('\n');
}

export function describePull(report: PullReport): string {
  const { restarted } = report;
  const began = restarted === undefined ? [] : [`began again: ${restarted}`];
  return [...began, describeVerification(report)].join('\n');
}

export function describeBackup({ source, file, bytes, checked, tables, durationMs }: BackupReport): string {
  const rows = tables.map(({ name, rows: count, digest }) => [name, count, digest.slice(0, shownDigest)]);
  const seconds = (durationMs / 1000).toFixed(1);
  return [
    ...(rows.length === 0 ? [] : [formatTable(['table', 'rows', 'digest'], rows)]),
    checked
      ? 'integrity check: ok'
      : 'integrity check: left out, because an index needs a function or a collation of the application',
    ...(rows.length === 0 ? [] : ['verified: source and copy are equal']),
    `${source} → ${file}: ${(bytes / 1_048_576).toFixed(1)} MiB in ${seconds} s`,
  ].join('\n');
}
