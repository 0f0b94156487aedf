import BetterSqlite3 from 'better-sqlite3';
import { createConnection } from 'nestjs-turso';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { formatCount, median, p99 } from '../frame/columns.js';
import { measureCrowd } from '../frame/measure-crowd.js';
import type { Table } from '../frame/table.js';
import { bare } from '../rooms/local-clients.js';
import { calibrateScan } from '../rooms/scans.js';

const callers = 8;

export const table: Table = {
  groups: '',
  columns: [median, p99, { key: 'perSecond', title: 'scans/s', format: formatCount }],
  comparison: { column: 'perSecond', reference: bare, title: `scans/s, × ${bare}` },
  async open(room, scale) {
    const path = join(await room.createFolder(), 'scan.db');
    const scan = calibrateScan(path, scale.time(50));
    const statement = room.use(new BetterSqlite3(path)).prepare(scan.sql);
    const runs: [string, () => Promise<unknown>][] = [
      [bare, async () => (statement.get(...scan.args) as { found: number }).found],
    ];
    for (const readers of [1, 2, 3, 4]) {
      const connection = room.use(createConnection({ url: pathToFileURL(path).href, pool: { readers } }));
      runs.push([
        `nestjs-turso, ${readers} ${readers === 1 ? 'reader' : 'readers'}`,
        async () => (await connection.execute(scan.sql, scan.args)).rows[0]?.[0],
      ]);
    }
    return runs.map(([name, run]) => ({
      group: '',
      name,
      answer: run,
      measure: () => measureCrowd(run, { scale, callers, timeMs: 1_000 }),
    }));
  },
};
