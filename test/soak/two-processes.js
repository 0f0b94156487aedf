// @ts-check
// Two processes write to one SQLite file and are killed again and again: what they were told is on the disk, once and in order.
// node test/soak/two-processes.js [--writes 100000] [--seconds 60] [--kills 22]     (after npm run build)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createConnection } from 'nestjs-turso';
import { checkWritten } from './check-written.js';

/** Every line of a log has as many bytes. */
const lineBytes = 9;
const longestRunMs = 30 * 60_000;
const longestStopMs = 30_000;

const { values } = parseArgs({
  options: {
    writes: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '0' },
    kills: { type: 'string', default: '22' },
  },
});
const seconds = Number(values.seconds);
const wantedKills = Number(values.kills);
const writesEach = Math.ceil(Number(values.writes) / 2);

/** @typedef {{ name: string, log: string, kills: number, child: import('node:child_process').ChildProcess }} Writer */

const folder = mkdtempSync(join(tmpdir(), 'nestjs-turso-soak-'));
const path = join(folder, 'soak.db');
const url = pathToFileURL(path).href;
const connection = createConnection({ url });
await connection.execute('CREATE TABLE written (writer TEXT NOT NULL, id INTEGER NOT NULL)');
await connection.execute('CREATE INDEX written_by ON written (writer, id)');
await connection.close();

/** @type {Writer[]} */
const writers = ['one', 'two'].map((name) => {
  const log = join(folder, `${name}.log`);
  return { name, log, kills: 0, child: start(name, log) };
});
process.once('exit', () => writers.forEach(({ child }) => child.kill('SIGKILL')));

const startedAt = performance.now();
const { problems, lines } = await run().then(
  (failures) => {
    const found = checkWritten(path, writers);
    return { problems: [...failures, ...found.problems], lines: found.lines };
  },
  (error) => ({ problems: [String(error)], lines: [] }),
);
const kills = writers.reduce((sum, writer) => sum + writer.kills, 0);
if (kills < Math.min(20, wantedKills)) problems.push(`only ${kills} kills`);
if (seconds === 0 && acknowledged() < writesEach * 2 - kills) problems.push(`only ${acknowledged()} writes`);

console.log(lines.join('\n'));
const took = Math.round((performance.now() - startedAt) / 1000);
console.log(`${acknowledged()} writes by two processes in ${took} s, ${kills} SIGKILLs`);
if (problems.length === 0) {
  rmSync(folder, { recursive: true, force: true });
  console.log('every acknowledged write is on the disk, once and in order');
} else {
  console.error(`${problems.join('\n')}\nkept: ${folder}`);
  process.exitCode = 1;
}

/** @returns {Promise<string[]>} what went wrong with the writers themselves */
async function run() {
  const end = performance.now() + (seconds === 0 ? longestRunMs : seconds * 1000);
  while (performance.now() < end && progress() < 1) {
    await sleep(20);
    const failed = writers.find(({ child }) => child.exitCode !== null && child.exitCode !== 0);
    if (failed !== undefined) {
      return [`${failed.name} ended with code ${failed.child.exitCode}`, ...(await stopAll())];
    }
    if (progress() >= (killsSoFar() + 1) / (wantedKills + 1)) await killOne();
  }
  return seconds === 0 && progress() < 1 ? ['not done within 30 minutes', ...(await stopAll())] : stopAll();
}

/** Kills a writer at random and starts it again. */
async function killOne() {
  const running = writers.filter(({ child }) => child.exitCode === null);
  const writer = running[Math.floor(Math.random() * running.length)];
  if (writer === undefined) return;
  // not only at the moment of a poll
  await sleep(Math.random() * 20);
  const ended = once(writer.child, 'exit');
  if (writer.child.exitCode !== null || !writer.child.kill('SIGKILL')) return;
  await ended;
  writer.kills++;
  writer.child = start(writer.name, writer.log);
}

/** @returns {Promise<string[]>} */
async function stopAll() {
  const endings = writers.map(async ({ name, child }) => {
    if (child.exitCode !== null) return [];
    child.stdin?.end();
    const code = await Promise.race([
      once(child, 'exit').then(([status]) => status),
      sleep(longestStopMs, 'late', { ref: false }),
    ]);
    if (code === 0) return [];
    child.kill('SIGKILL');
    await sleep(500);
    return [`${name} ended with ${code}`];
  });
  return (await Promise.all(endings)).flat();
}

/**
 * @param {string} name
 * @param {string} log
 */
function start(name, log) {
  const script = fileURLToPath(new URL('./writer.js', import.meta.url));
  const last = seconds === 0 ? writesEach : Number.MAX_SAFE_INTEGER;
  return spawn(process.execPath, [script, url, name, log, String(last)], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
}

function killsSoFar() {
  return writers.reduce((sum, writer) => sum + writer.kills, 0);
}

function acknowledged() {
  return writers.reduce((sum, { log }) => sum + (existsSync(log) ? statSync(log).size / lineBytes : 0), 0);
}

/** From 0 to 1; in the long form 1 once both writers have ended. */
function progress() {
  if (seconds > 0) return (performance.now() - startedAt) / (seconds * 1000);
  if (writers.every(({ child }) => child.exitCode === 0)) return 1;
  return Math.min(0.999, acknowledged() / (writesEach * 2));
}
