// @ts-check
// Random faults between many callers and a real server: what the callers were told is what is on the server.
// node test/soak/faults.js [--seconds 600] [--seed 1]     (after npm run build)
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createConnection } from 'nestjs-turso';
import { HeapWatch } from './heap-watch.js';
import { Outcomes, told } from './outcomes.js';
import { createRandom } from './random.js';

const callers = 32;
const pauseAfterFailureMs = 50;
/** A call may last so long, and everything behind the end twice as long. */
const callTimeoutMs = 600;
const transactionTimeoutMs = 2_000;
const longestEndMs = 10_000;

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '600' }, seed: { type: 'string' } },
});
const seconds = Number(values.seconds);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
console.log(`faults: ${seconds} s, --seed ${seed}`);

const script = fileURLToPath(new URL('./fault-host.process.ts', import.meta.url));
const loader = new URL('../connection/support/register-typescript.js', import.meta.url).href;
const host = fork(script, [String(seed)], { execArgv: ['--import', loader] });
const [{ url, direct }] = await once(host, 'message');

const server = createConnection({ url: direct, queryTimeoutMs: 20_000 });
await server.execute('CREATE TABLE written (id INTEGER NOT NULL)');
await server.execute('CREATE INDEX written_by_id ON written (id)');

// one line for each would be thousands
process.removeAllListeners('warning');
let warnings = 0;
process.on('warning', () => warnings++);
/** @type {string[]} */
const problems = [];
process.on('unhandledRejection', (reason) => problems.push(`unhandled: ${String(reason)}`));

const connection = createConnection({
  url,
  connectTimeoutMs: 500,
  queryTimeoutMs: callTimeoutMs,
  transactionTimeoutMs,
});
await connection.open();
const outcomes = new Outcomes();
let calls = 0;

const delay = monitorEventLoopDelay({ resolution: 10 });
const heap = new HeapWatch(Math.max(3_000, (seconds * 1_000) / 60));
delay.enable();
host.send('rage');
const startedAt = performance.now();
const end = startedAt + seconds * 1_000;
const loops = Promise.all(Array.from({ length: callers }, (_, n) => call(createRandom(seed + n + 1))));
await sleep(end - performance.now());
const atEnd = await Promise.race([
  loops.then(() => 'settled'),
  sleep(longestEndMs, 'pending', { ref: false }),
]);
const took = (performance.now() - startedAt) / 1_000;
delay.disable();
const memory = heap.stop();
const { inFlight, waiting, retries, attempts, timeouts } = connection.status();

host.send('calm');
const [{ counts, requests }] = await once(host, 'message');
// what was given up may still wait on the server, for a lock that is taken away after 5 s
await sleep(6_000);
const { rows } = await server.execute('SELECT id, count(*) AS rows FROM written GROUP BY id');
problems.push(
  ...outcomes.compare(new Map(rows.map((row) => [Number(row['id']), Number(row['rows'])]))).slice(0, 20),
);
await connection.close();
await server.close();
host.disconnect();

const p99 = delay.percentile(99) / 1e6;
const [acknowledged, failed, unknown] = [told.acknowledged, told.failed, told.unknown].map((outcome) =>
  outcomes.count(outcome),
);
const rate = calls / took;
const kinds = Object.entries(counts);
console.log(kinds.map(([kind, count]) => `${kind} ${count}`).join(', '));
console.log(
  `${calls} calls, ${Math.round(rate)}/s; writes: ${acknowledged} acknowledged, ${failed} failed, ${unknown} unknown`,
);
console.log(
  `${attempts} attempts, ${retries} of them further ones; ${requests} requests; ${timeouts} timeouts, ${warnings} warnings`,
);
console.log(
  `event-loop delay p99 ${p99.toFixed(1)} ms; heap ${memory.lowMb.toFixed(1)} to ${memory.highMb.toFixed(1)} MB, growth ${memory.growthMb.toFixed(2)} MB`,
);

/** @type {[boolean, string][]} */
const promises = [
  [kinds.length >= 8, 'fewer than 8 kinds of faults'],
  [rate >= 200, 'fewer than 200 calls a second'],
  [Number(acknowledged) >= 50, 'fewer than 50 acknowledged writes'],
  [Number(failed) >= 50, 'fewer than 50 failed writes'],
  [Number(unknown) >= 50, 'fewer than 50 unknown writes'],
  [
    atEnd === 'settled' && inFlight === 0 && waiting === 0,
    `calls are ${atEnd}: ${inFlight} in flight, ${waiting} wait`,
  ],
  [p99 < 50, `event-loop delay p99 ${p99} ms`],
  [retries <= 10 + attempts / 10, `${retries} further attempts of ${attempts}`],
  [memory.growthMb < 8, `the heap grew by ${memory.growthMb} MB`],
];
for (const [kept, problem] of promises) if (!kept) problems.push(problem);
if (problems.length === 0) console.log('every write is on the server as its caller was told');
else console.error(problems.join('\n'));
process.exitCode = problems.length === 0 ? 0 : 1;

/**
 * One caller after the other of its calls.
 * @param {() => number} random
 */
async function call(random) {
  while (performance.now() < end) {
    const choice = random();
    calls++;
    const ok = choice < 0.6 ? await read() : await write(choice);
    if (!ok) await sleep(pauseAfterFailureMs);
  }
}

async function read() {
  try {
    await connection.execute('SELECT id FROM written ORDER BY rowid DESC LIMIT 5');
    return true;
  } catch {
    return false;
  }
}

/** @param {number} choice from 0.6 to 1 */
async function write(choice) {
  const id = outcomes.begin(choice < 0.93 ? 1 : 2);
  const insert = { sql: 'INSERT INTO written VALUES (?)', args: [id] };
  try {
    if (choice < 0.85) await connection.execute(insert);
    else if (choice < 0.93) await connection.execute(insertOnce(id));
    else if (choice < 0.98) await connection.batch([insert, insert], 'write');
    else
      await connection.withTransaction(async (tx) => {
        await tx.execute(insert);
        await tx.execute(insert);
      });
    outcomes.settle(id, told.acknowledged);
    return true;
  } catch (error) {
    const { outcome } = /** @type {import('nestjs-turso').DatabaseError} */ (error);
    outcomes.settle(id, outcome === 'not-applied' ? told.failed : told.unknown);
    return false;
  }
}

/** @param {number} id */
function insertOnce(id) {
  const sql = 'INSERT INTO written SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM written WHERE id = ?1)';
  return { sql, args: [id], idempotent: true };
}
