import { createClient } from '@libsql/client';
import { createConnection } from 'nestjs-turso';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { median, p99 } from '../frame/columns.js';
import { measureCalls } from '../frame/measure-calls.js';
import type { Scale } from '../frame/scale.js';
import type { Contender, Table } from '../frame/table.js';
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
    const connection = room.use(createConnection({ url, replica: { path: join(folder, 'ours.db') } }));
    await connection.sync();
    return [
      toContender(scale, theirs, (id) => client.execute({ sql: selectTask, args: [id] })),
      toContender(scale, 'nestjs-turso with a replica', (id) => connection.execute(selectTask, [id])),
    ];
  },
};

function toContender(
  scale: Scale,
  name: string,
  read: (id: number) => Promise<{ rows: unknown[] }>,
): Contender {
  const nextKey = createKeys();
  return {
    group: '',
    name,
    answer: async () => toPlainRows(await read(42)),
    measure: () => measureCalls(() => read(nextKey()), { scale, timeMs: 400 }),
  };
}
