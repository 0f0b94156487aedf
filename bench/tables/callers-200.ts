import { median, p99, perSecond } from '../frame/columns.js';
import { measureCrowd } from '../frame/measure-crowd.js';
import type { Contender, Table } from '../frame/table.js';
import type { LocalClient } from '../rooms/local-clients.js';
import { openServer } from '../rooms/open-server.js';
import { openRemoteOrms } from '../rooms/remote-orms.js';
import { openLibsql, openOurs, remoteNames, toWebSocket, withServerless } from '../rooms/remote-clients.js';
import { createKeys } from '../rooms/tasks.js';
import { toPlainRows } from '../rooms/to-plain-rows.js';

const roundTripMs = 10;

type Read = (caller: number, id: number) => unknown;

export const table: Table = {
  groups: '',
  columns: [median, p99, perSecond],
  comparison: { column: 'perSecond', reference: remoteNames.http, title: `calls/s, × ${remoteNames.http}` },
  async open(room, scale) {
    const callers = scale.count(200, 10);
    const url = (await openServer(room, [roundTripMs])).urlAt(roundTripMs);
    const clients: [string, Pick<LocalClient, 'read' | 'close'>][] = [
      [remoteNames.http, openLibsql(url)],
      [remoteNames.ours, openOurs(url)],
      [remoteNames.ws, openLibsql(toWebSocket(url))],
      ...openRemoteOrms(url),
    ];
    const reads = clients.map(([name, client]) => {
      room.use(client);
      return [name, (_caller: number, id: number) => client.read(id)] as const;
    });
    const toContender = (name: string, read: Read): Contender => {
      const nextKey = createKeys();
      return {
        group: '',
        name,
        answer: async () => toPlainRows(await read(0, 42)),
        measure: () => measureCrowd((caller) => read(caller, nextKey()), { scale, callers, timeMs: 700 }),
      };
    };
    const serverless = <T>(work: (contender: Contender) => Promise<T>): Promise<T> =>
      withServerless(url, (read) => work(toContender(remoteNames.serverless, read)));
    return [
      ...reads.map(([name, read]) => toContender(name, read)),
      {
        group: '',
        name: remoteNames.serverless,
        answer: () => serverless((contender) => contender.answer()),
        measure: () => serverless((contender) => contender.measure()),
      },
    ];
  },
};
