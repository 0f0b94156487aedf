import { createClient } from '@libsql/client';
import { createConnection } from 'nestjs-turso';
import { equal } from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { median, p99 } from '../frame/columns.js';
import { measureCalls } from '../frame/measure-calls.js';
import type { Scale } from '../frame/scale.js';
import type { Contender, Table } from '../frame/table.js';
import {
  growth,
  openBare,
  openLibsql,
  openOurs,
  remoteNames,
  toWebSocket,
  useLibsql,
  useOurs,
  withServerless,
  type RemoteClient,
} from './remote-clients.js';
import { countRequests } from './count-requests.js';
import { openServer } from './open-server.js';
import { toPlainRows } from './to-plain-rows.js';
import { createKeys, createTasksFile } from './tasks.js';

/** Round trips in milliseconds: the same machine, the same region, the next one, another continent. The first two are enough for a smoke. */
const distances = [10, 0, 5, 25, 80];

type Work = 'read' | 'batch' | 'transaction';

/** One caller's work on a file, and on a server that is further and further away. */
export function createDistanceTable(work: Work): Table {
  return {
    groups: 'where',
    columns: [median, p99, { key: 'requests', title: 'requests', format: (value) => value.toFixed(0) }],
    comparison: { column: 'median', reference: remoteNames.bare, title: 'time, × one HTTP request' },
    async open(room, scale) {
      const folder = await room.createFolder();
      const chosen = distances.slice(0, scale.count(distances.length, 2)).sort((one, other) => one - other);
      const server = await openServer(room, chosen);
      const [file, otherFile] = [join(folder, 'ours.db'), join(folder, 'libsql.db')].map((path) => {
        createTasksFile(path);
        return pathToFileURL(path).href;
      });
      const toContender = (group: string, name: string, client: RemoteClient): Contender => {
        let requests: number | undefined;
        return {
          group,
          name,
          answer: () => checkWork(client, name === remoteNames.bare ? 'read' : work),
          measure: async () => {
            const call = start(client, work);
            requests ??= await countRequests(call);
            return { ...(await measureCalls(call, { scale, calls: 2 })), requests };
          },
        };
      };
      const libsql = createClient({ url: otherFile! });
      return [
        toContender('a file', remoteNames.ours, room.use(useOurs(createConnection({ url: file! })))),
        toContender('a file', '@libsql/client', room.use(useLibsql(libsql))),
        ...chosen.flatMap((roundTripMs) => {
          const url = server.urlAt(roundTripMs);
          const group = `a server, ${roundTripMs} ms`;
          return [
            toContender(group, remoteNames.bare, room.use(openBare(url))),
            toContender(group, remoteNames.ours, room.use(openOurs(url))),
            toContender(group, remoteNames.http, room.use(openLibsql(url))),
            toContender(group, remoteNames.ws, room.use(openLibsql(toWebSocket(url)))),
            ...(work === 'read' ? [readServerless(group, url, scale)] : []),
          ];
        }),
      ];
    },
  };
}

function readServerless(group: string, url: string, scale: Scale): Contender {
  const nextKey = createKeys();
  return {
    group,
    name: remoteNames.serverless,
    answer: () => withServerless(url, async (read) => toPlainRows(await read(0, 42))),
    measure: () =>
      withServerless(url, async (read) => {
        const call = (): Promise<unknown> => read(0, nextKey());
        await call();
        const requests = await countRequests(call);
        return { ...(await measureCalls(call, { scale, calls: 2 })), requests };
      }),
  };
}

/** The row that everybody finds, after the work, which must have done what it says. */
async function checkWork(client: RemoteClient, work: Work): Promise<unknown> {
  const before = await client.count();
  await start(client, work)();
  const grown = (await client.count()) - before;
  equal(grown, growth[work], `${work} added ${grown} rows`);
  return toPlainRows(await client.read(42));
}

function start(client: RemoteClient, work: Work): () => Promise<unknown> {
  const nextKey = createKeys();
  return work === 'read' ? () => client.read(nextKey()) : () => client[work]();
}
