import { createClient } from '@libsql/client';
import BetterSqlite3 from 'better-sqlite3';
import { pullDatabase } from 'nestjs-turso/transfer';
import { join } from 'node:path';
import { formatCount, formatTime } from '../frame/columns.js';
import type { Table } from '../frame/table.js';
import { countNotes, createNotes, fillNotes, movedRows } from '../rooms/transfer.js';
import { openServer } from '../rooms/open-server.js';

const pages = '@libsql/client, pages of 1,000';
const pageRows = 1_000;

export const table: Table = {
  groups: '',
  rounds: 3,
  columns: [
    { key: 'time', title: 'time', format: formatTime },
    { key: 'perSecond', title: 'rows/s', format: formatCount },
  ],
  comparison: { column: 'perSecond', reference: pages, title: `rows/s, × ${pages}` },
  async open(room, scale) {
    const folder = await room.createFolder();
    const rows = scale.count(movedRows, 2_000);
    const { connection, urlAt } = await openServer(room);
    await connection.migrate(['DROP TABLE tasks', createNotes, fillNotes(rows)]);
    const url = urlAt(0);
    let files = 0;
    const ways: [string, (file: string) => Promise<void>][] = [
      [pages, (file) => pullPages(url, file)],
      [
        'nestjs-turso pull, verified',
        async (file) => {
          const { equal } = await pullDatabase({ source: { url }, file });
          if (!equal) throw new Error('the file is not equal');
        },
      ],
    ];
    const pull = async (
      way: (file: string) => Promise<void>,
    ): Promise<{ seconds: number; found: unknown }> => {
      const file = join(folder, `${files++}.db`);
      const start = performance.now();
      await way(file);
      const seconds = (performance.now() - start) / 1000;
      const db = new BetterSqlite3(file);
      const found = db.prepare(countNotes).get();
      db.close();
      return { seconds, found };
    };
    return ways.map(([name, way]) => ({
      group: '',
      name,
      answer: async () => (await pull(way)).found,
      measure: async () => {
        const { seconds } = await pull(way);
        return { time: seconds * 1000, perSecond: rows / seconds };
      },
    }));
  },
};

/** What one writes oneself: no snapshot, and nothing is compared. */
async function pullPages(url: string, file: string): Promise<void> {
  const client = createClient({ url });
  const db = new BetterSqlite3(file);
  db.exec(createNotes);
  const insert = db.prepare('INSERT INTO notes VALUES (?, ?, ?, ?)');
  for (let last = 0; ;) {
    const { rows } = await client.execute({
      sql: `SELECT * FROM notes WHERE id > ? ORDER BY id LIMIT ${pageRows}`,
      args: [last],
    });
    db.transaction(() =>
      rows.forEach((row) => insert.run(row['id'], row['title'], row['body'], row['size'])),
    )();
    if (rows.length < pageRows) break;
    last = Number(rows.at(-1)?.[0]);
  }
  db.close();
  client.close();
}
