import { join } from 'node:path';
import { formatTime } from '../frame/columns.js';
import { runProcess } from '../frame/start-process.js';
import type { Table } from '../frame/table.js';
import { openServer } from '../rooms/open-server.js';
import { createTasksFile } from '../rooms/tasks.js';

const empty = 'no database';

/** From the start of the process, whose time counts too. */
const bootMs = async (app: string, path: string): Promise<number> =>
  (await runProcess<{ readyMs: number }>('rooms/boot.process.js', [app, path])).readyMs;

export const table: Table = {
  groups: '',
  columns: [
    { key: 'ready', title: 'ready after', format: formatTime },
    { key: 'over', title: `over ${empty}`, format: formatTime },
  ],
  comparison: { column: 'ready', reference: empty, title: `ready after, × ${empty}` },
  async open(room, scale) {
    const path = join(await room.createFolder(), 'boot.db');
    createTasksFile(path);
    const { urlAt } = await openServer(room);
    const apps = [
      [empty, 'empty', path],
      ['nestjs-turso on a file', 'file', path],
      ['nestjs-turso on a server', 'server', urlAt(0)],
      ['@libsql/client on a file', 'libsql', path],
      ['TypeORM on a file', 'typeorm', path],
    ] as const;
    let emptyMs = NaN;
    return apps.map(([name, app, target]) => ({
      group: '',
      name,
      answer: async () => undefined,
      measure: async () => {
        // the best of five: a process that was held up says nothing
        let ready = Infinity;
        for (let runs = scale.count(5, 1); runs > 0; runs--)
          ready = Math.min(ready, await bootMs(app, target));
        // it comes first in each round
        if (name === empty) emptyMs = ready;
        return { ready, over: ready - emptyMs };
      },
    }));
  },
};
