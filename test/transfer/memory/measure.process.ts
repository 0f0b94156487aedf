// Copies a generated database in this process and prints what memory that took, in MB: before, and at the peak.
// Some 100 MB, every night: npm run test:memory
import BetterSqlite3 from 'better-sqlite3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLibsqlServer } from '../../../lib/testing/start-libsql-server.js';
import { copyDatabase } from '../../../lib/transfer/index.js';
import { createMeasuredSource } from '../speed/measure.js';

const before = peakMegabytes();
const rows = Number(process.argv[2] ?? 3_000_000);
const longRows = Math.ceil(rows / 30_000);
const folder = await mkdtemp(join(tmpdir(), 'transfer-memory-'));
const server = await startLibsqlServer();
try {
  const source = join(folder, 'app.db');
  createMeasuredSource(source, rows);
  const db = new BetterSqlite3(source);
  db.exec(`CREATE TABLE long (a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${longRows})
    INSERT INTO long SELECT randomblob(1000000) FROM n`);
  db.close();
  const { verification } = await copyDatabase({ source, target: { url: server.url } });
  console.log(JSON.stringify({ equal: verification.equal, before, peak: peakMegabytes() }));
} finally {
  await server.stop();
  await rm(folder, { recursive: true });
}

function peakMegabytes(): number {
  return Math.round(process.resourceUsage().maxRSS / 1_024);
}
