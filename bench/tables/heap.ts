import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { formatBytes } from '../frame/columns.js';
import { runProcess } from '../frame/start-process.js';
import type { Table } from '../frame/table.js';
import { openServer } from '../rooms/open-server.js';
import { createTasksFile } from '../rooms/tasks.js';

export const table: Table = {
  groups: 'where',
  rounds: 1,
  columns: [
    { key: 'before', title: 'heap after a tenth', format: formatBytes },
    { key: 'after', title: 'heap at the end', format: formatBytes },
    { key: 'growth', title: 'growth', format: formatBytes },
  ],
  async open(room, scale) {
    const path = join(await room.createFolder(), 'heap.db');
    createTasksFile(path);
    const file = pathToFileURL(path).href;
    const { urlAt } = await openServer(room);
    const runs = [
      ['a file', '1,000,000 reads, one text', file, scale.count(1_000_000, 200), 1],
      ['a file', '100,000 reads, 10,000 texts', file, scale.count(100_000, 200), 10_000],
      ['a server', '20,000 reads, 10,000 texts', urlAt(0), scale.count(20_000, 50), 10_000],
    ] as const;
    return runs.map(([group, name, url, calls, texts]) => ({
      group,
      name,
      answer: async () => undefined,
      measure: async () => {
        const { before, after } = await runProcess<{ before: number; after: number }>(
          'rooms/heap.process.ts',
          [url, calls, texts].map(String),
        );
        return { before, after, growth: after - before };
      },
    }));
  },
};
