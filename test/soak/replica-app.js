// @ts-check
// Writes pairs that always have one sum, notes what was acknowledged, and looks at every read: its own writes are there, the sum holds.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'nestjs-turso';

const [url = '', path = '', log = ''] = process.argv.slice(2);
const connection = createConnection({
  url,
  replica: { path, syncIntervalMs: 200 },
  connectTimeoutMs: 1_000,
  queryTimeoutMs: 3_000,
  bootTimeoutMs: 60_000,
});
let isEnding = false;
process.stdin.on('end', () => (isEnding = true)).resume();

await connection.open();
const isExpected = new Set(['unavailable', 'timeout', 'busy', 'closed']);
let last = 0;
let noted = { localReads: 0, remoteReads: 0 };
const first = Date.now() * 1_000;
await Promise.all([write(), read(), read()]);
noteReads();
await connection.close();

async function write() {
  for (let n = 1; !isEnding; n++) {
    const id = first + n;
    const by = Math.floor(Math.random() * 100);
    const row = n % 10;
    try {
      await connection.batch(
        [
          { sql: 'INSERT INTO written VALUES (?)', args: [id] },
          {
            sql: 'UPDATE left_side SET n = n + ?, filler = hex(randomblob(500)) WHERE id = ?',
            args: [by, row],
          },
          { sql: 'UPDATE right_side SET n = n - ? WHERE id = ?', args: [by, row] },
        ],
        'write',
      );
      appendFileSync(log, `+${id}\n`);
      last = id;
    } catch (error) {
      await complain(error);
    }
    if (n % 100 === 0) noteReads();
    await sleep(5);
  }
}

async function read() {
  while (!isEnding) {
    const own = last;
    try {
      const [sides, written] = await connection.batch(
        [
          'SELECT (SELECT sum(n) FROM left_side) + (SELECT sum(n) FROM right_side) AS sum',
          { sql: 'SELECT count(*) AS found FROM written WHERE id = ?', args: [own] },
        ],
        'read',
      );
      if (sides?.rows[0]?.['sum'] !== 0)
        appendFileSync(log, `WRONG sum ${String(sides?.rows[0]?.['sum'])}\n`);
      if (own !== 0 && written?.rows[0]?.['found'] !== 1)
        appendFileSync(log, `WRONG own write ${own} is missing\n`);
    } catch (error) {
      await complain(error);
    }
    await sleep(2);
  }
}

/** Now and then, because this process is killed. */
function noteReads() {
  const now = connection.status().replica;
  if (now === undefined) return;
  appendFileSync(log, `reads ${now.localReads - noted.localReads} ${now.remoteReads - noted.remoteReads}\n`);
  noted = now;
}

/** @param {unknown} error */
async function complain(error) {
  const { kind, message } = /** @type {{ kind?: string, message: string }} */ (error);
  if (kind === undefined || !isExpected.has(kind)) appendFileSync(log, `WRONG error ${kind} ${message}\n`);
  await sleep(50);
}
