import { createClient } from '@libsql/client';
import BetterSqlite3 from 'better-sqlite3';
import { copyDatabase } from 'nestjs-turso/transfer';
import { join } from 'node:path';
import { formatCount, formatTime } from '../frame/columns.js';
import type { Table } from '../frame/table.js';
import { openServer } from '../rooms/open-server.js';
import { createNotes, fillNotes, movedRows } from '../rooms/transfer.js';

const single = '@libsql/client, one by one';
const roundTripMs = 40;
const singleRows = 25;

/** The same rows to a server that is far away; one by one only some of them, or it would take an hour. */
export const table: Table = {
  groups: '',
  rounds: 3,
  columns: [
    { key: 'time', title: 'time', format: formatTime },
    { key: 'perSecond', title: 'rows/s', format: formatCount },
  ],
  comparison: { column: 'perSecond', reference: single, title: `rows/s, × ${single}` },
  async open(room, scale) {
    const folder = await room.createFolder();
    const rows = scale.count(movedRows, 2_000);
    const path = join(folder, 'notes.db');
    const db = room.use(new BetterSqlite3(path));
    db.exec(`${createNotes}; ${fillNotes(rows)}`);
    const { connection, urlAt } = await openServer(room, [roundTripMs]);
    const url = urlAt(roundTripMs);
    const ways: [string, () => Promise<number>][] = [
      [single, () => copySingly(db, url)],
      [
        'nestjs-turso copy, verified',
        async () => {
          const { verification } = await copyDatabase({ source: path, target: { url } });
          if (!verification.equal) throw new Error('the copy is not equal');
          return rows;
        },
      ],
    ];
    return ways.map(([name, copy]) => ({
      group: '',
      name,
      answer: async () => undefined,
      measure: async () => {
        await connection.migrate(['DROP TABLE IF EXISTS tasks', 'DROP TABLE IF EXISTS notes']);
        const start = performance.now();
        const count = await copy();
        const seconds = (performance.now() - start) / 1000;
        return { time: seconds * 1000, perSecond: count / seconds };
      },
    }));
  },
};

async function copySingly(db: BetterSqlite3.Database, url: string): Promise<number> {
  const client = createClient({ url });
  try {
    await client.execute(createNotes);
    const notes = db.prepare('SELECT * FROM notes LIMIT ?').raw().all(singleRows) as (number | string)[][];
    for (const args of notes) await client.execute({ sql: 'INSERT INTO notes VALUES (?, ?, ?, ?)', args });
    return notes.length;
  } finally {
    client.close();
  }
}
