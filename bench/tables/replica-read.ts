import { createClient } from '@libsql/client';
import { createConnection } from 'nestjs-turso';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { median, p99 } from '../frame/columns.js';
import { measureCalls } from '../frame/measure-calls.js';
import type { Scale } from '../frame/scale.js';
import type { Contender, Table } from '../frame/table.js';
import { openServer } from '../rooms/open-server.js';
import { createKeys, createTasksFile, selectTask } from '../rooms/tasks.js';
import { toPlainRows } from '../rooms/to-plain-rows.js';

const plain = 'nestjs-turso on a file';

export const table: Table = {
  groups: '',
  columns: [median, p99],
  comparison: { column: 'median', reference: plain, title: `time, × ${plain}` },
  async open(room, scale) {
    const folder = await room.createFolder();
    const at = (name: string): string => pathToFileURL(join(folder, name)).href;
    const url = (await openServer(room)).urlAt(0);
    createTasksFile(join(folder, 'plain.db'));
    const file = room.use(createConnection({ url: at('plain.db') }));
    const connection = room.use(createConnection({ url, replica: { path: join(folder, 'ours.db') } }));
    await connection.sync();
    const client = room.use(createClient({ url: at('theirs.db'), syncUrl: url }));
    await client.sync();
    return [
      toContender(scale, plain, (id) => file.execute(selectTask, [id])),
      toContender(scale, 'nestjs-turso with a replica', (id) => connection.execute(selectTask, [id])),
      toContender(scale, '@libsql/client, embedded replica', (id) =>
        client.execute({ sql: selectTask, args: [id] }),
      ),
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
