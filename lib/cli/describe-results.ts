import type {
  BackupReport,
  PullReport,
  TransferPlan,
  TransferReport,
  Verification,
} from '../transfer/index.js';
import { formatTable } from './format-table.js';
import { toPrintable } from './to-printable.js';

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
    ...notes.map(({ kind, object, message }) => toPrintable(`note     ${kind} ${object}: ${message}`)),
    ...problems.map(({ kind, object, message }) => toPrintable(`problem  ${kind} ${object}: ${message}`)),
    problems.length === 0 ? 'nothing stands against a copy' : 'a copy would be refused',
  ].join('\n');
}

export function describeVerification({ tables, differences, equal }: Verification): string {
  const rows = tables.map(({ name, rows: count, bytes, digest, equal: same }) => [
    name,
    count,
    bytes,
    digest.slice(0, shownDigest),
    describeEqual(same),
  ]);
  return [
    ...(tables.length === 0 ? [] : [formatTable(['table', 'rows', 'bytes', 'digest', 'result'], rows)]),
    ...describeDifferences(differences, equal),
  ].join('\n');
}

function describeEqual(equal: boolean): string {
  return equal ? 'equal' : 'differs';
}

/** What a name alone does not tell. */
const causes: Partial<Record<Verification['differences'][number]['kind'], string>> = {
  'generated-column':
    ' (every stored value is equal; the server computes this column differently, as it does where a float becomes text)',
};

function describeDifferences(differences: Verification['differences'], equal: boolean): string[] {
  return [
    ...differences.map(({ kind, object, key }) =>
      toPrintable(`${kind} ${object}${key === '' ? '' : `: ${key}`}${causes[kind] ?? ''}`),
    ),
    equal ? 'verified: source and target are equal' : 'source and target differ',
  ];
}

export function describeReport(report: TransferReport): string {
  const { tables, rejects, rejectsFile, notes, verification, rows, durationMs } = report;
  const { differences, equal } = verification;
  const lines = tables.map((table) => [
    table.name,
    table.rows,
    table.copied,
    table.rejected,
    table.bytes,
    describeTime(table.durationMs),
    table.digest.slice(0, shownDigest),
    describeEqual(table.equal),
  ]);
  const head = ['table', 'rows', 'copied', 'rejected', 'bytes', 'time', 'digest', 'result'];
  return [
    ...notes.map(({ kind, object, message }) => toPrintable(`note  ${kind} ${object}: ${message}`)),
    ...(lines.length === 0 ? [] : [formatTable(head, lines)]),
    ...describeDifferences(differences, equal),
    ...(rejects.length === 0 ? [] : [`${rejects.length} rows were left out: ${rejectsFile}`]),
    `${rows} rows in ${describeTime(durationMs)}`,
  ].join('\n');
}

function describeCompared(unread: readonly string[]): string {
  return unread.length === 0
    ? 'source and copy are equal'
    : 'source and copy are equal, as far as they could be compared';
}

function describeTime(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

export function describePull(report: PullReport): string {
  const { restarted } = report;
  const began = restarted === undefined ? [] : [`began again: ${restarted}`];
  return [...began, describeVerification(report)].join('\n');
}

export function describeBackup(report: BackupReport): string {
  const { source, file, bytes, checked, tables, unread, durationMs } = report;
  const rows = tables.map(({ name, rows: count, digest }) => [name, count, digest.slice(0, shownDigest)]);
  return [
    ...(rows.length === 0 ? [] : [formatTable(['table', 'rows', 'digest'], rows)]),
    checked
      ? 'integrity check: ok'
      : 'integrity check: ok, without tables that need a function or a collation of the application',
    ...unread.map(
      (name) => `not compared ${toPrintable(name)}: its key needs a collation of the application`,
    ),
    ...(rows.length === 0 ? [] : [`verified: ${describeCompared(unread)}`]),
    `${source} → ${file}: ${(bytes / 1_048_576).toFixed(1)} MiB in ${describeTime(durationMs)}`,
  ].join('\n');
}
