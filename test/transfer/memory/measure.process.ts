// Copies or pulls a generated database in this process and prints what memory that took, in MB: before, and at the peak.
// Some 100 MB, every night: npm run test:memory -- copy; npm run test:memory -- pull
import { createClient } from '@libsql/client/http';
import BetterSqlite3 from 'better-sqlite3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLibsqlServer } from '../../../lib/testing/start-libsql-server.js';
import { copyDatabase, pullDatabase } from '../../../lib/transfer/index.js';
import { fillMeasured } from '../speed/measure.js';

const [way = 'copy', count = '3000000'] = process.argv.slice(2);
const before = peakMegabytes();
const rows = Number(count);
const longRows = Math.ceil(rows / 30_000);
const fill = `${fillMeasured(rows)} CREATE TABLE long (a);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${longRows}) INSERT INTO long SELECT randomblob(1000000) FROM n;`;
const folder = await mkdtemp(join(tmpdir(), 'transfer-memory-'));
const server = await startLibsqlServer();
try {
  const equal = await (way === 'pull' ? pull(server.url) : copy(server.url));
  console.log(JSON.stringify({ equal, before, peak: peakMegabytes() }));
} finally {
  await server.stop();
  await rm(folder, { recursive: true });
}

async function copy(url: string): Promise<boolean> {
  const source = join(folder, 'app.db');
  const db = new BetterSqlite3(source);
  db.exec(fill);
  db.close();
  const { verification } = await copyDatabase({ source, target: { url } });
  return verification.equal;
}

async function pull(url: string): Promise<boolean> {
  const client = createClient({ url });
  await client.executeMultiple(fill);
  client.close();
  const { equal } = await pullDatabase({ source: { url }, file: join(folder, 'app.db') });
  return equal;
}

function peakMegabytes(): number {
  return Math.round(process.resourceUsage().maxRSS / 1_024);
}
