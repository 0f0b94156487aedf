// @ts-check
// An app with an embedded replica, its sync process and its primary are killed again and again: no read is wrong, and what the primary
// has acknowledged is there in the end.
// node test/soak/replica.js [--seconds 600]     (after npm run build)
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createConnection } from 'nestjs-turso';
import { startLibsqlServer } from 'nestjs-turso/testing';

/** The bound of the log, and what one sync may add before it is emptied; bytes. */
const longestLog = 24 * 1_048_576;
const longestStopMs = 30_000;
/**
 * In this many kills of each minute the primary is among the victims. A write that it takes along is of unknown outcome, after which
 * reads go to the primary for half a minute: without the other two thirds hardly a read would be local.
 */
const killsOfPrimary = 20;
const killsAMinute = 60;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '600' } } });
const seconds = Number(values.seconds);

const folder = mkdtempSync(join(tmpdir(), 'nestjs-turso-soak-replica-'));
const path = join(folder, 'replica.db');
const log = join(folder, 'app.log');
const server = await startLibsqlServer({ dataDir: join(folder, 'primary'), args: ['--max-log-size', '4'] });
const direct = createConnection({ url: server.url });
await direct.migrate([
  'CREATE TABLE left_side (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, filler TEXT)',
  'CREATE TABLE right_side (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)',
  'CREATE TABLE written (id INTEGER PRIMARY KEY)',
]);
for (let id = 0; id < 10; id++)
  await direct.batch(
    [`INSERT INTO left_side VALUES (${id}, 0, '')`, `INSERT INTO right_side VALUES (${id}, 0)`],
    'write',
  );

const kills = { app: 0, 'sync process': 0, primary: 0 };
/** @type {string[]} */
const problems = [];
let largestLog = 0;
let app = start();
process.once('exit', () => app.kill('SIGKILL'));

const end = performance.now() + seconds * 1000;
for (let n = 0; performance.now() < end; n++) {
  // on a slow machine nothing would happen between two kills
  await untilWritten();
  await sleep(700 + Math.random() * 600);
  if (app.exitCode !== null) {
    problems.push(`the app ended with code ${app.exitCode}`);
    break;
  }
  if (existsSync(`${path}-wal`)) largestLog = Math.max(largestLog, statSync(`${path}-wal`).size);
  const victims = [killSyncProcess, killApp];
  if (n % killsAMinute < killsOfPrimary) victims.push(killPrimary);
  await victims[n % victims.length]?.();
}
await stopApp();
const lines = readFileSync(log, 'utf8').split('\n');
problems.push(...lines.filter((line) => line.startsWith('WRONG')));
const acknowledged = lines.filter((line) => line.startsWith('+')).map((line) => Number(line.slice(1)));
const reads = lines
  .filter((line) => line.startsWith('reads'))
  .map((line) => line.split(' ').slice(1).map(Number));
const there = await direct.execute('SELECT id FROM written');
const found = new Set(there.rows.map(({ id }) => Number(id)));
const lost = acknowledged.filter((id) => !found.has(id));
if (lost.length > 0) problems.push(`${lost.length} acknowledged writes are lost: ${lost.slice(0, 5).join()}`);
if (largestLog > longestLog) problems.push(`the log of the replica grew to ${largestLog} bytes`);
problems.push(...(await compare()));
await direct.close();
await server.stop();

const sum = (/** @type {number} */ index) => reads.reduce((total, counts) => total + (counts[index] ?? 0), 0);
const share = Math.round((100 * sum(0)) / (sum(0) + sum(1)));
console.log(
  `${acknowledged.length} writes, ${sum(0)} local reads, ${sum(1)} from the primary (${share} % local), log at most ${Math.round(largestLog / 1_048_576)} MB; ` +
    Object.entries(kills)
      .map(([name, count]) => `${count} SIGKILLs of the ${name}`)
      .join(', '),
);
if (acknowledged.length === 0 || sum(0) === 0) problems.push('nothing was written or read locally');
if (problems.length === 0) {
  rmSync(folder, { recursive: true, force: true });
  console.log('no wrong read, every acknowledged write is there, and the replica equals its primary');
} else {
  console.error(`${problems.slice(0, 20).join('\n')}\nkept: ${folder}`);
  process.exitCode = 1;
}

function start() {
  const script = fileURLToPath(new URL('./replica-app.js', import.meta.url));
  return spawn(process.execPath, [script, server.url, path, log], { stdio: ['pipe', 'ignore', 'inherit'] });
}

/** Something more was acknowledged, or the time is over. */
async function untilWritten() {
  const size = () => (existsSync(log) ? statSync(log).size : 0);
  const before = size();
  while (size() === before && app.exitCode === null && performance.now() < end) await sleep(20);
}

async function killApp() {
  const ended = once(app, 'exit');
  if (!app.kill('SIGKILL')) return;
  await ended;
  kills.app++;
  app = start();
}

async function killPrimary() {
  await server.kill('SIGKILL');
  kills.primary++;
  await sleep(Math.random() * 300);
  await server.restart();
}

async function killSyncProcess() {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' });
  for (const line of stdout.split('\n')) {
    const [pid, parent, ...args] = line.trim().split(/\s+/);
    if (Number(parent) !== app.pid || !args.join(' ').includes('sync.child.js')) continue;
    process.kill(Number(pid), 'SIGKILL');
    kills['sync process']++;
  }
}

async function stopApp() {
  if (app.exitCode !== null) return;
  app.stdin?.end();
  const code = await Promise.race([
    once(app, 'exit').then(([status]) => status),
    sleep(longestStopMs, 'late', { ref: false }),
  ]);
  if (code !== 0) problems.push(`the app ended with ${code}`);
  app.kill('SIGKILL');
}

/** Opens the replica once more and compares it with the primary. */
async function compare() {
  const connection = createConnection({ url: server.url, replica: { path } });
  try {
    await connection.sync();
    const differences = [];
    for (const table of ['left_side', 'right_side', 'written']) {
      const sql = `SELECT count(*), total(id), group_concat(id) FROM (SELECT id FROM ${table} ORDER BY id)`;
      const [local, primary] = await Promise.all([
        connection.execute({ sql, consistency: 'replica' }),
        direct.execute(sql),
      ]);
      if (JSON.stringify(local.rows) !== JSON.stringify(primary.rows)) differences.push(`${table} differs`);
    }
    return differences;
  } finally {
    await connection.close();
  }
}
