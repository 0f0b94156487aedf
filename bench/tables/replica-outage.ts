import { createConnection } from 'nestjs-turso';
import { startLibsqlServer } from 'nestjs-turso/testing';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatCount, formatTime } from '../frame/columns.js';
import { summarize } from '../frame/measure-crowd.js';
import type { Figures, Table } from '../frame/table.js';
import { loopColumns, watchLoop } from '../frame/watch-loop.js';
import { createKeys, createTasks, fillTasks, selectTask } from '../rooms/tasks.js';
import { toPlainRows } from '../rooms/to-plain-rows.js';

const stoppedMs = 60_000;
const answeringMs = 10_000;
const readEveryMs = 2;
const ours = 'nestjs-turso with a replica';

export const table: Table = {
  groups: 'The primary',
  columns: [
    { key: 'reads', title: 'reads/s', format: formatCount },
    { key: 'p99', title: 'read p99', format: formatTime },
    ...loopColumns,
  ],
  rounds: 1,
  async open(room, scale) {
    const folder = await room.createFolder();
    const server = await startLibsqlServer({ binary: process.env['SQLD_BINARY'] });
    room.defer(() => server.stop());
    const replica = { path: join(folder, 'ours.db') };
    const connection = room.use(createConnection({ url: server.url, replica }));
    await connection.migrate([createTasks, fillTasks]);
    await connection.sync();
    const nextKey = createKeys();
    const read = (id: number) => connection.execute(selectTask, [id]);
    const measure = async (fullMs: number): Promise<Figures> => {
      const times: number[] = [];
      const runMs = scale.time(fullMs);
      const before = connection.status().replica?.localReads ?? 0;
      const loop = await watchLoop(async () => {
        const end = performance.now() + runMs;
        while (performance.now() < end) {
          await sleep(readEveryMs);
          const start = performance.now();
          await read(nextKey());
          times.push(performance.now() - start);
        }
      });
      const local = (connection.status().replica?.localReads ?? 0) - before;
      if (local !== times.length) throw new Error(`${times.length - local} reads were not local`);
      return { reads: (1_000 * times.length) / runMs, p99: summarize(times).p99, ...loop };
    };
    const answer = async (): Promise<unknown> => toPlainRows(await read(42));
    const reason = 'its process stands still with the primary';
    return [
      { group: 'answers', name: ours, answer, measure: () => measure(answeringMs) },
      {
        group: 'stands still (SIGSTOP), 60 s',
        name: ours,
        answer,
        measure: async () => {
          await server.kill('SIGSTOP');
          try {
            return await measure(stoppedMs);
          } finally {
            await server.kill('SIGCONT');
          }
        },
      },
      { group: 'stands still (SIGSTOP), 60 s', name: '@libsql/client, embedded replica', reason },
    ];
  },
};
