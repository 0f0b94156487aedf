// @ts-check
// Reads a table of many rows in one way, and prints what that took: node read-rows.process.js <way> <url>
// Plain JavaScript, so that no loader takes memory.
import { createClient } from '@libsql/client';
import BetterSqlite3 from 'better-sqlite3';
import { createConnection } from 'nestjs-turso';
import { memoryUsage, resourceUsage } from 'node:process';
import { fileURLToPath } from 'node:url';

const [way, url = ''] = process.argv.slice(2);
const select = 'SELECT * FROM tasks';

/** @type {Record<string, () => AsyncIterable<unknown> | Promise<Iterable<unknown>>>} */
const ways = {
  'connection.stream': () => createConnection({ url }).stream(select),
  'connection.execute': async () => (await createConnection({ url }).execute(select)).rows,
  'better-sqlite3 iterate': async () => new BetterSqlite3(fileURLToPath(url)).prepare(select).iterate(),
  '@libsql/client execute': async () => (await createClient({ url }).execute(select)).rows,
};

globalThis.gc?.();
const before = memoryUsage().rss;
const peakBefore = resourceUsage().maxRSS * 1024;
let highest = before;
let rows = 0;
const start = performance.now();
for await (const _row of (await ways[way ?? '']?.()) ?? []) {
  if (++rows % 1_000 === 0) highest = Math.max(highest, memoryUsage.rss());
}
const seconds = (performance.now() - start) / 1000;
// the highest of the whole life counts only if it was reached by reading
const peak = resourceUsage().maxRSS * 1024;
const growth = Math.max(highest, peak > peakBefore ? peak : 0) - before;
console.log(JSON.stringify({ rows, perSecond: rows / seconds, growth }));
process.exit();
