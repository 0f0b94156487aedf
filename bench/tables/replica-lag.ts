import { createConnection, type DatabaseConnection } from 'nestjs-turso';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatTime, median, p99 } from '../frame/columns.js';
import { summarize } from '../frame/measure-crowd.js';
import type { Scale } from '../frame/scale.js';
import type { Contender, Table } from '../frame/table.js';
import { openServer } from '../rooms/open-server.js';
import { insertTask, newTaskArgs } from '../rooms/tasks.js';

const syncIntervalMs = 1_000;
const countTasks = 'SELECT count(*) AS n FROM tasks';

export const table: Table = {
  groups: '',
  columns: [median, p99, { key: 'most', title: 'longest', format: formatTime }],
  rounds: 1,
  async open(room, scale) {
    const folder = await room.createFolder();
    const { connection: other, urlAt } = await openServer(room);
    const replica = { path: join(folder, 'ours.db'), syncIntervalMs };
    const own = room.use(createConnection({ url: urlAt(0), replica }));
    await own.sync();
    return [
      toContender(own, own, 'a write of its own', scale),
      toContender(own, other, 'a write of another process, a sync every second', scale),
    ];
  },
};

function toContender(
  reader: DatabaseConnection,
  writer: DatabaseConnection,
  name: string,
  scale: Scale,
): Contender {
  const countOf = async (db: DatabaseConnection, consistency: 'replica' | 'primary'): Promise<number> => {
    const { rows } = await db.execute<{ n: number }>({ sql: countTasks, consistency });
    return rows[0]?.n ?? 0;
  };
  return {
    group: '',
    name,
    answer: async () => (await countOf(writer, 'primary')) > 0,
    measure: async () => {
      const times: number[] = [];
      for (let n = scale.count(30, 2); n > 0; n--) {
        await writer.execute(insertTask, newTaskArgs);
        const written = performance.now();
        const wanted = await countOf(writer, 'primary');
        while ((await countOf(reader, 'replica')) < wanted) await sleep(1);
        times.push(performance.now() - written);
        // not in step with the syncs
        await sleep(scale.time(Math.random() * 500));
      }
      return { ...summarize(times), most: Math.max(...times) };
    },
  };
}
