import { createMixTable } from '../rooms/mix-table.js';
import { openServer } from '../rooms/open-server.js';
import { openLibsql, openOurs, remoteNames } from '../rooms/remote-clients.js';

/** As within a region. */
const roundTripMs = 5;

export const table = createMixTable([1, 8, 64, 512], remoteNames.http, async (room) => {
  const url = (await openServer(room, [roundTripMs])).urlAt(roundTripMs);
  return [
    [remoteNames.ours, room.use(openOurs(url))],
    [remoteNames.http, room.use(openLibsql(url))],
  ];
});
