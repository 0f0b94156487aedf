import { createClient } from '@libsql/client';
import { createConnection } from 'nestjs-turso';
import { startLibsqlServer } from 'nestjs-turso/testing';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { formatCount, formatTime } from '../frame/columns.js';
import { loopColumns, watchLoop } from '../frame/watch-loop.js';
import type { Contender, Table } from '../frame/table.js';

const databaseMb = 200;
const theirs = '@libsql/client, embedded replica';

export const table: Table = {
  groups: '',
  columns: [
    { key: 'time', title: 'time', format: formatTime },
    { key: 'perSecond', title: 'MB/s', format: formatCount },
    ...loopColumns,
  ],
  comparison: { column: 'time', reference: theirs, title: `time, × ${theirs}` },
  rounds: 1,
  async open(room, scale) {
    const folder = await room.createFolder();
    const server = await startLibsqlServer({ binary: process.env['SQLD_BINARY'] });
    room.defer(() => server.stop());
    const megabytes = scale.count(databaseMb, 2);
    await fill(server.url, megabytes);
    const toContender = (name: string, sync: (file: string) => Promise<unknown>): Contender => {
      let files = 0;
      const nextFile = (): string => join(folder, `${name.length}-${files++}.db`);
      return {
        group: '',
        name,
        answer: () => sync(nextFile()),
        measure: async () => {
          const start = performance.now();
          const loop = await watchLoop(async () => void (await sync(nextFile())));
          const time = performance.now() - start;
          return { time, perSecond: (1_000 * megabytes) / time, ...loop };
        },
      };
    };
    return [
      toContender('nestjs-turso with a replica', (file) => syncOurs(server.url, file)),
      toContender(theirs, (file) => syncTheirs(server.url, file)),
    ];
  },
};

const countRows = 'SELECT count(*) AS n FROM load';

async function fill(url: string, megabytes: number): Promise<void> {
  const client = createClient({ url });
  await client.execute('CREATE TABLE load (id INTEGER PRIMARY KEY, data BLOB)');
  for (let n = 0; n < megabytes; n++)
    await client.execute(
      'WITH RECURSIVE x (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x WHERE i < 1000) INSERT INTO load (data) SELECT randomblob(1000) FROM x',
    );
  client.close();
}

/** Reads go to the primary meanwhile, but who waits for the replica wants to know when it is there. */
async function syncOurs(url: string, path: string): Promise<unknown> {
  const connection = createConnection({ url, replica: { path } });
  await connection.open();
  while (connection.status().replica?.state !== 'serving') await sleep(5);
  const { rows } = await connection.execute({ sql: countRows, consistency: 'replica' });
  await connection.close();
  return rows[0]?.['n' as never];
}

async function syncTheirs(url: string, path: string): Promise<unknown> {
  const client = createClient({ url: pathToFileURL(path).href, syncUrl: url });
  await client.sync();
  const { rows } = await client.execute(countRows);
  client.close();
  return rows[0]?.['n'];
}
