import { join } from 'node:path';
import { formatTime } from '../frame/columns.js';
import { runProcess } from '../frame/start-process.js';
import type { Table } from '../frame/table.js';
import { openServer } from '../rooms/open-server.js';
import { createTasksFile } from '../rooms/tasks.js';

const empty = 'no database';

/** Without the time in which it had no processor, because others had them. */
interface Boot {
  /** From the start of the process until the app is ready. */
  readonly readyMs: number;
  /** How much of it came after Nest was loaded. */
  readonly ownMs: number;
  readonly waitedMs: number;
}

export const table: Table = {
  groups: '',
  columns: [
    { key: 'ready', title: 'ready after', format: formatTime },
    { key: 'over', title: `over ${empty}`, format: formatTime },
    { key: 'waited', title: 'waited for a processor', format: formatTime },
  ],
  comparison: { column: 'ready', reference: empty, title: `ready after, × ${empty}` },
  rounds: 11,
  async open(room) {
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
        const { readyMs, ownMs, waitedMs } = await runProcess<Boot>('rooms/boot.process.js', [app, target]);
        // it comes first in each round
        if (name === empty) emptyMs = ownMs;
        // to load Nest takes ten times as long, and varies by more than what a database adds
        return { ready: readyMs, over: ownMs - emptyMs, waited: waitedMs };
      },
    }));
  },
};
