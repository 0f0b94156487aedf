import { createClient } from '@libsql/client';
import BetterSqlite3 from 'better-sqlite3';
import { copyDatabase } from 'nestjs-turso/transfer';
import { join } from 'node:path';
import { formatCount, formatTime } from '../frame/columns.js';
import type { Table } from '../frame/table.js';
import { createNotes, fillNotes, movedRows, fillNewServer } from '../rooms/transfer.js';

const script = 'a dump through executeMultiple';
const batchRows = 1_000;
const insert = 'INSERT INTO notes VALUES (?, ?, ?, ?)';

export const table: Table = {
  groups: '',
  rounds: 3,
  columns: [
    { key: 'time', title: 'time', format: formatTime },
    { key: 'perSecond', title: 'rows/s', format: formatCount },
  ],
  comparison: { column: 'perSecond', reference: script, title: `rows/s, × ${script}` },
  async open(room, scale) {
    const folder = await room.createFolder();
    const rows = scale.count(movedRows, 2_000);
    const path = join(folder, 'notes.db');
    const db = room.use(new BetterSqlite3(path));
    db.exec(`${createNotes}; ${fillNotes(rows)}`);
    const ways: [string, (url: string) => Promise<void>][] = [
      [
        script,
        async (url) => {
          using client = closing(createClient({ url }));
          await client.opened.executeMultiple(dump(db));
        },
      ],
      [
        'nestjs-turso copy, verified',
        async (url) => {
          const { verification } = await copyDatabase({ source: path, target: { url } });
          if (!verification.equal) throw new Error('the copy is not equal');
        },
      ],
      [
        `@libsql/client, batches of ${batchRows.toLocaleString('en-US')}`,
        async (url) => {
          using client = closing(createClient({ url }));
          await client.opened.execute(createNotes);
          const notes = db.prepare('SELECT * FROM notes').raw().all() as number[][];
          for (let at = 0; at < notes.length; at += batchRows)
            await client.opened.batch(
              notes.slice(at, at + batchRows).map((args) => ({ sql: insert, args })),
              'write',
            );
        },
      ],
    ];
    return ways.map(([name, copy]) => ({
      group: '',
      name,
      answer: async () => undefined,
      measure: async () => {
        const seconds = await fillNewServer(copy, rows);
        return { time: seconds * 1000, perSecond: rows / seconds };
      },
    }));
  },
};

/** As `.dump` writes it: one transaction of one INSERT for each row. */
function dump(db: BetterSqlite3.Database): string {
  const quoted =
    "SELECT 'INSERT INTO notes VALUES(' || quote(id) || ',' || quote(title) || ',' || quote(body) || ',' || quote(size) || ');' FROM notes";
  return ['BEGIN;', `${createNotes};`, ...(db.prepare(quoted).pluck().all() as string[]), 'COMMIT;'].join(
    '\n',
  );
}

function closing<T extends { close(): void }>(opened: T): Disposable & { opened: T } {
  return { opened, [Symbol.dispose]: () => opened.close() };
}
