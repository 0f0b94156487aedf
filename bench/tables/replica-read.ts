import { createClient } from '@libsql/client';
import { createConnection, type DatabaseConnection, type DatabaseModuleOptions } from 'nestjs-turso';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { median, p99 } from '../frame/columns.js';
import { measureCalls } from '../frame/measure-calls.js';
import type { Room } from '../frame/room.js';
import type { Scale } from '../frame/scale.js';
import type { Absence, Contender, Table } from '../frame/table.js';
import { openServer } from '../rooms/open-server.js';
import { createKeys, selectTask } from '../rooms/tasks.js';
import { toPlainRows } from '../rooms/to-plain-rows.js';

const theirs = '@libsql/client, embedded replica';

export const table: Table = {
  groups: '',
  columns: [median, p99],
  comparison: { column: 'median', reference: theirs, title: `time, × ${theirs}` },
  async open(room, scale) {
    const folder = await room.createFolder();
    const url = (await openServer(room)).urlAt(0);
    const client = room.use(
      createClient({ url: pathToFileURL(join(folder, 'theirs.db')).href, syncUrl: url }),
    );
    await client.sync();
    const connection = await openReplica(room, url, join(folder, 'ours.db'));
    return [
      toContender(scale, theirs, (id) => client.execute({ sql: selectTask, args: [id] })),
      connection === undefined
        ? { group: '', name: 'nestjs-turso with a replica', reason: 'not there yet' }
        : toContender(scale, 'nestjs-turso with a replica', (id) => connection.execute(selectTask, [id])),
    ];
  },
};

/** Undefined in a version without the option. */
async function openReplica(room: Room, url: string, path: string): Promise<DatabaseConnection | undefined> {
  const options: DatabaseModuleOptions & { replica: object } = { url, replica: { path } };
  try {
    const connection = room.use(createConnection(options));
    await connection.sync();
    return connection;
  } catch (error) {
    if (['CONFIGURATION_INVALID', 'SYNC_NOT_SUPPORTED'].includes((error as { code: string }).code))
      return undefined;
    throw error;
  }
}

function toContender(
  scale: Scale,
  name: string,
  read: (id: number) => Promise<{ rows: unknown[] }>,
): Contender | Absence {
  const nextKey = createKeys();
  return {
    group: '',
    name,
    answer: async () => toPlainRows(await read(42)),
    measure: () => measureCalls(() => read(nextKey()), { scale, timeMs: 400 }),
  };
}
