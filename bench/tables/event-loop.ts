import { createClient } from '@libsql/client';
import BetterSqlite3 from 'better-sqlite3';
import { createConnection } from 'nestjs-turso';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { formatBytes, formatCount, formatTime } from '../frame/columns.js';
import { summarize } from '../frame/measure-crowd.js';
import type { Scale } from '../frame/scale.js';
import type { Figures, Table } from '../frame/table.js';
import { bare, ours } from '../rooms/local-clients.js';
import { calibrateScan, type Scan } from '../rooms/scans.js';
import { createKeys, createTasksFile, selectTask } from '../rooms/tasks.js';

/** Runs any statement, and answers with its first value. */
type Run = (sql: string, args: readonly unknown[]) => unknown;

const scanners = 4;
/** What a request does. */
const readEveryMs = 2;
/** Some 25 MB a second, which checkpoints have to bring home. */
const writeEveryMs = 10;
const writeLoad = 'INSERT OR REPLACE INTO load (id, data) VALUES (?, zeroblob(262144))';
const loadRows = 64;
const resolutionMs = 1;

export const table: Table = {
  groups: '',
  columns: [
    { key: 'p99', title: 'point read p99', format: formatTime },
    { key: 'delay', title: 'event-loop delay p99', format: formatTime },
    { key: 'wal', title: 'largest WAL', format: formatBytes },
    { key: 'scans', title: 'scans/s', format: formatCount },
    { key: 'writes', title: 'writes/s', format: formatCount },
  ],
  comparison: { column: 'p99', reference: bare, title: `point read p99, × ${bare}` },
  async open(room, scale) {
    const folder = await room.createFolder();
    const scan = calibrateScan(join(folder, 'scan.db'), scale.time(200));
    const paths = ['bare', 'ours', 'libsql'].map((name) => join(folder, `${name}.db`));
    for (const path of paths) createLoadFile(path);
    const urls = paths.map((path) => pathToFileURL(path).href);
    const db = room.use(new BetterSqlite3(paths[0]));
    db.pragma('synchronous = FULL');
    const connection = room.use(createConnection({ url: urls[1]! }));
    const client = room.use(createClient({ url: urls[2]! }));
    const runs: [string, Run][] = [
      [bare, (sql, args) => runBare(db, sql, args)],
      [ours, async (sql, args) => (await connection.execute(sql, args as number[])).rows[0]?.[0]],
      [
        '@libsql/client',
        async (sql, args) => (await client.execute({ sql, args: args as number[] })).rows[0]?.[0],
      ],
    ];
    return runs.map(([name, run], index) => ({
      group: '',
      name,
      answer: async () => [await run(scan.sql, [10]), await run(selectTask, [42])],
      measure: () => measureLoad(run, scan, paths[index]!, scale),
    }));
  },
};

function runBare(db: BetterSqlite3.Database, sql: string, args: readonly unknown[]): unknown {
  const statement = prepared.get(sql) ?? db.prepare(sql);
  prepared.set(sql, statement);
  return statement.reader ? Object.values(statement.get(...args) as object)[0] : void statement.run(...args);
}
const prepared = new Map<string, BetterSqlite3.Statement>();

function createLoadFile(path: string): void {
  createTasksFile(path);
  const db = new BetterSqlite3(path);
  db.exec('CREATE TABLE load (id INTEGER PRIMARY KEY, data BLOB)');
  db.close();
}

/** Four callers scan without a pause, one writes, one reads rows and is timed from the moment when it wanted to. */
async function measureLoad(run: Run, scan: Scan, path: string, scale: Scale): Promise<Figures> {
  const runMs = scale.time(2_000);
  const end = performance.now() + runMs;
  const counts = { scans: 0, writes: 0 };
  const times: number[] = [];
  let wal = 0;
  const nextKey = createKeys();
  const repeat = async (pauseMs: number, work: (due: number) => unknown): Promise<void> => {
    while (performance.now() < end) {
      const due = performance.now() + pauseMs;
      await sleep(pauseMs);
      await work(due);
    }
  };
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  await Promise.all([
    ...Array.from({ length: scanners }, () =>
      repeat(0, async () => {
        await run(scan.sql, scan.args);
        counts.scans++;
      }),
    ),
    repeat(writeEveryMs, async () => {
      await run(writeLoad, [counts.writes++ % loadRows]);
      // of a file that is open: nothing but its size may be looked at
      wal = Math.max(wal, statSync(`${path}-wal`).size);
    }),
    repeat(readEveryMs, async (due) => {
      await run(selectTask, [nextKey()]);
      times.push(performance.now() - due);
    }),
  ]);
  delays.disable();
  const seconds = runMs / 1000;
  return {
    p99: summarize(times).p99,
    delay: delays.percentile(99) / 1e6 - resolutionMs,
    wal,
    scans: counts.scans / seconds,
    writes: counts.writes / seconds,
  };
}
