import type { Table } from './frame/table.js';

/** A table before anything of it is loaded. */
export interface TableEntry {
  /** Names it on the command line and on the page. */
  readonly id: string;
  /** The heading of its section on the page. */
  readonly title: string;
  load(): Promise<{ readonly table: Table }>;
}

/** Every table, in the order of the page. */
export const tables: readonly TableEntry[] = [
  {
    id: 'point-read',
    title: 'One row by its key, on a file',
    load: () => import('./tables/point-read.js'),
  },
  { id: 'hundred-rows', title: 'A hundred rows, on a file', load: () => import('./tables/hundred-rows.js') },
  {
    id: 'insert',
    title: 'Durable inserts of one caller, on a file',
    load: () => import('./tables/insert.js'),
  },
  {
    id: 'insert-64',
    title: 'Durable inserts of 64 callers, on a file',
    load: () => import('./tables/insert-64.js'),
  },
  {
    id: 'event-loop',
    title: 'The event loop while four callers scan',
    load: () => import('./tables/event-loop.js'),
  },
  { id: 'readers', title: 'Scans by the number of readers', load: () => import('./tables/readers.js') },
  {
    id: 'distance-read',
    title: 'SQLite against Turso: one row',
    load: () => import('./tables/distance-read.js'),
  },
  {
    id: 'distance-batch',
    title: 'SQLite against Turso: ten inserts in a batch',
    load: () => import('./tables/distance-batch.js'),
  },
  {
    id: 'distance-transaction',
    title: 'SQLite against Turso: a transaction of three statements',
    load: () => import('./tables/distance-transaction.js'),
  },
  {
    id: 'callers-200',
    title: 'Reads of 200 callers, 10 ms from the server',
    load: () => import('./tables/callers-200.js'),
  },
  {
    id: 'callers-file',
    title: 'From 1 to 512 callers, on a file',
    load: () => import('./tables/callers-file.js'),
  },
  {
    id: 'callers-server',
    title: 'From 1 to 512 callers, 5 ms from the server',
    load: () => import('./tables/callers-server.js'),
  },
  {
    id: 'replica-read',
    title: 'One row from an embedded replica',
    load: () => import('./tables/replica-read.js'),
  },
  {
    id: 'replica-lag',
    title: 'Until a replica has a write',
    load: () => import('./tables/replica-lag.js'),
  },
  {
    id: 'replica-first-sync',
    title: 'The first sync of a replica, 200 MB',
    load: () => import('./tables/replica-first-sync.js'),
  },
  {
    id: 'replica-outage',
    title: 'A replica while its primary stands still',
    load: () => import('./tables/replica-outage.js'),
  },
  { id: 'stream', title: 'Many rows: memory and speed', load: () => import('./tables/stream.js') },
  { id: 'copy', title: 'From a file to a server', load: () => import('./tables/copy.js') },
  {
    id: 'copy-distance',
    title: 'From a file to a server 40 ms away',
    load: () => import('./tables/copy-distance.js'),
  },
  { id: 'pull', title: 'From a server to a file', load: () => import('./tables/pull.js') },
  { id: 'boot', title: 'Start of an app', load: () => import('./tables/boot.js') },
  { id: 'imports', title: 'What an import loads', load: () => import('./tables/imports.js') },
  { id: 'layers', title: 'What deadlines and retries cost', load: () => import('./tables/layers.js') },
  { id: 'heap', title: 'Memory that stays', load: () => import('./tables/heap.js') },
];
