import BetterSqlite3 from 'better-sqlite3';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { formatBytes, formatCount } from '../frame/columns.js';
import { runProcess } from '../frame/start-process.js';
import type { Contender, Table } from '../frame/table.js';
import { openServer } from '../rooms/open-server.js';
import type { ReadRows, Way } from '../rooms/read-rows.js';
import { createTasks } from '../rooms/tasks.js';

/** One after the other, because the server's answer to `execute` has a limit. */
const counts = { file: 200_000, server: 50_000 };

const fill = (
  rows: number,
): string => `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
  INSERT INTO tasks SELECT i, 'Write the report of week ' || i, i % 2, '2026-01-01T08:00:00.000Z' FROM n`;

export const table: Table = {
  groups: 'where',
  columns: [
    { key: 'growth', title: 'memory', format: formatBytes },
    { key: 'perSecond', title: 'rows/s', format: formatCount },
  ],
  comparison: { column: 'growth', reference: 'connection.execute', title: 'memory, × execute' },
  async open(room, scale) {
    const path = join(await room.createFolder(), 'rows.db');
    const rows = { file: scale.count(counts.file, 2_000), server: scale.count(counts.server, 2_000) };
    const db = new BetterSqlite3(path);
    db.exec(`${createTasks}; ${fill(rows.file)}`);
    db.close();
    const { connection, urlAt } = await openServer(room);
    await connection.migrate(['DELETE FROM tasks', fill(rows.server)]);
    const onFile = listWays('a file', rows.file, pathToFileURL(path).href);
    const onServer = listWays('a server', rows.server, urlAt(0));
    return [
      ...onFile,
      toContender('a file', rows.file, 'better-sqlite3 iterate', pathToFileURL(path).href),
      ...onServer,
    ];
  },
};

function listWays(where: string, rows: number, url: string): Contender[] {
  const ways = ['connection.execute', 'connection.stream', '@libsql/client execute'] as const;
  return ways.map((way) => toContender(where, rows, way, url));
}

function toContender(where: string, rows: number, name: Way, url: string): Contender {
  const group = `${where}, ${rows.toLocaleString('en-US')} rows`;
  return {
    group,
    name,
    answer: async () => undefined,
    measure: async () => {
      const {
        rows: found,
        perSecond,
        growth,
      } = await runProcess<ReadRows>('rooms/read-rows.process.js', [name, url]);
      if (found !== rows) throw new Error(`${found} of ${rows} rows`);
      return { perSecond, growth };
    },
  };
}
