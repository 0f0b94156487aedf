import { formatBytes, formatCount, formatTime, round } from './frame/columns.js';
import type { Line } from './frame/run-table.js';

/** What a table has to show. */
export interface Target {
  readonly title: string;
  /** Id of the table. */
  readonly table: string;
  readonly limit: 'at most' | 'at least';
  readonly bound: number;
  readonly format: (value: number) => string;
  /** @returns undefined when the table has no such line */
  measure(lines: readonly Line[]): number | undefined;
}

const times = (value: number): string => `${round(value)} ×`;

/** Its comparison with the line of the table that is 1. A name may be the beginning of one. */
const ratio =
  (name: string, group = ''): Target['measure'] =>
  (lines) =>
    find(lines, name, group)?.ratio?.median;

const figure =
  (key: string, name: string, group = ''): Target['measure'] =>
  (lines) =>
    find(lines, name, group)?.figures?.[key];

const quotient =
  (key: string, name: string, other: string): Target['measure'] =>
  (lines) => {
    const [value, base] = [name, other].map((line) => find(lines, line, '')?.figures?.[key]);
    return value === undefined || base === undefined ? undefined : value / base;
  };

function find(lines: readonly Line[], name: string, group: string): Line | undefined {
  return lines.find((line) => line.group === group && line.name.startsWith(name));
}

const ours = 'nestjs-turso';
const replica = 'nestjs-turso with a replica';
const near = 'a server, 10 ms';
const megabyte = 1024 * 1024;

/** Every target, in the order of the tables. Those with a unit are of one machine; those with × hold anywhere. */
export const targets: readonly Target[] = [
  atMost(1.05, 'One row by its key, the time of better-sqlite3', 'point-read', ratio(ours)),
  atLeast(
    8,
    'One row by its key, @libsql/client in our time',
    'point-read',
    quotient('median', '@libsql/client', ours),
  ),
  atMost(1, 'A hundred rows, the time of better-sqlite3', 'hundred-rows', ratio(ours)),
  atMost(1.1, 'Durable inserts of one caller, the time of better-sqlite3', 'insert', ratio(ours)),
  atLeast(20, 'Durable inserts of 64 callers, the rate of better-sqlite3', 'insert-64', ratio(ours)),
  atMost(5, 'Point reads beside four scans, p99', 'event-loop', figure('p99', ours), formatTime),
  atMost(10, 'Event-loop delay beside four scans, p99', 'event-loop', figure('delay', ours), formatTime),
  atMost(32 * megabyte, 'Write-ahead log beside four scans', 'event-loop', figure('wal', ours), formatBytes),
  atLeast(1.7, 'Scans on two readers, the rate of one thread', 'readers', ratio(`${ours}, 2 readers`)),
  atMost(
    1.05,
    'One row at 10 ms round trip, the time of one HTTP request',
    'distance-read',
    ratio(ours, near),
  ),
  atMost(
    4,
    'Three statements in a transaction, HTTP requests',
    'distance-transaction',
    figure('requests', ours, near),
    round,
  ),
  // each of the four requests within the 5 % of a single one
  atMost(
    4.2,
    'Three statements in a transaction at 10 ms round trip, the time of one HTTP request',
    'distance-transaction',
    ratio(ours, near),
  ),
  atMost(1, 'Ten inserts in a batch, HTTP requests', 'distance-batch', figure('requests', ours, near), round),
  atLeast(
    9,
    '200 callers at 10 ms round trip, the rate of @libsql/client over HTTP',
    'callers-200',
    ratio(ours),
  ),
  atLeast(
    5,
    '200 callers at 10 ms round trip, the rate of @libsql/client over WebSocket',
    'callers-200',
    quotient('perSecond', ours, '@libsql/client, WebSocket'),
  ),
  atLeast(
    8,
    'One row of a replica, @libsql/client in our time',
    'replica-read',
    quotient('median', '@libsql/client, embedded replica', replica),
  ),
  atMost(1.2, 'One row of a replica, the time of one on a file', 'replica-read', ratio(replica)),
  atMost(
    2_000,
    'Longest time until a replica has a write of its own',
    'replica-lag',
    figure('most', 'a write of its own'),
    formatTime,
  ),
  atMost(
    20,
    'Event-loop delay at a first sync of 200 MB, p99',
    'replica-first-sync',
    figure('delay', ours),
    formatTime,
  ),
  atMost(
    20,
    'Event-loop delay while the primary of a replica stands still, p99',
    'replica-outage',
    figure('delay', replica, 'stands still (SIGSTOP), 60 s'),
    formatTime,
  ),
  atLeast(0.9, 'A verified copy, the rate of a dump', 'copy', ratio(`${ours} copy`)),
  atLeast(
    40,
    'A verified copy at 40 ms round trip, the rate of single inserts',
    'copy-distance',
    ratio(`${ours} copy`),
  ),
  atLeast(75_000, 'A verified pull, rows/s', 'pull', figure('perSecond', `${ours} pull`), formatCount),
  atMost(
    50,
    'Start of an app on a file, over one without',
    'boot',
    figure('over', `${ours} on a file`),
    formatTime,
  ),
  atMost(
    50,
    'Start of an app on a server, over one without',
    'boot',
    figure('over', `${ours} on a server`),
    formatTime,
  ),
  atMost(0, 'Native libraries that the import loads', 'imports', figure('natives', ours), round),
  atMost(1.05, 'Everything around a driver, a file', 'layers', ratio('the whole connection', 'a file')),
  atMost(
    1.05,
    'Everything around a driver, a server',
    'layers',
    ratio('the whole connection', 'a server, 0 ms'),
  ),
  atMost(
    megabyte,
    'Growth of the heap over a million reads',
    'heap',
    figure('growth', '1,000,000 reads, one text', 'a file'),
    formatBytes,
  ),
  atMost(
    megabyte,
    'Growth of the heap over ten thousand texts',
    'heap',
    figure('growth', '100,000 reads, 10,000 texts', 'a file'),
    formatBytes,
  ),
];

function atMost(
  bound: number,
  title: string,
  table: string,
  measure: Target['measure'],
  format = times,
): Target {
  return { title, table, limit: 'at most', bound, format, measure };
}

function atLeast(
  bound: number,
  title: string,
  table: string,
  measure: Target['measure'],
  format = times,
): Target {
  return { title, table, limit: 'at least', bound, format, measure };
}
