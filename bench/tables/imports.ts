import { formatCount, formatTime } from '../frame/columns.js';
import { runProcess } from '../frame/start-process.js';
import type { Figures, Table } from '../frame/table.js';

const modules = [
  'nestjs-turso',
  'better-sqlite3',
  '@libsql/client',
  '@libsql/client/http',
  '@tursodatabase/serverless',
  'drizzle-orm/libsql',
  'kysely',
  'typeorm',
  'knex',
];

export const table: Table = {
  groups: '',
  columns: [
    { key: 'time', title: 'import', format: formatTime },
    { key: 'natives', title: 'native libraries', format: formatCount },
  ],
  comparison: { column: 'time', reference: '@libsql/client', title: 'import, × @libsql/client' },
  async open() {
    return modules.map((name) => ({
      group: '',
      name,
      answer: async () => undefined,
      measure: async (): Promise<Figures> => {
        const { timeMs, natives } = await runProcess<{ timeMs: number; natives: number }>(
          'rooms/import.process.js',
          [name],
        );
        return { time: timeMs, natives };
      },
    }));
  },
};
