import { createClient } from '@libsql/client';
import { startLibsqlServer } from 'nestjs-turso/testing';
import { Room } from '../frame/room.js';

/** How many rows are moved, of 145 bytes each. */
export const movedRows = 200_000;

export const createNotes =
  'CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL, size INTEGER)';
export const fillNotes = (
  rows: number,
): string => `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
  INSERT INTO notes SELECT i, 'Note of week ' || i, substr(printf('%.*c', 120, 'x') || i, -110), i * 7 FROM n`;
export const countNotes = 'SELECT count(*) AS notes, sum(size) AS size FROM notes';

/** Fills an empty server of its own. @returns how long that took, in seconds */
export async function fillNewServer(fill: (url: string) => Promise<void>, rows: number): Promise<number> {
  await using room = new Room();
  const server = await startLibsqlServer({ binary: process.env['SQLD_BINARY'] });
  room.defer(() => server.stop());
  const start = performance.now();
  await fill(server.url);
  const seconds = (performance.now() - start) / 1000;
  await assertNotes(server.url, rows);
  return seconds;
}

async function assertNotes(url: string, rows: number): Promise<void> {
  const client = createClient({ url });
  try {
    const found = Number((await client.execute(countNotes)).rows[0]?.['notes']);
    if (found !== rows) throw new Error(`${found} of ${rows} notes arrived`);
  } finally {
    client.close();
  }
}
