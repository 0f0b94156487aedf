// @ts-check
// node writer.js <url> <name> <log> <last id>: writes one id after the other until the last, or until its standard input ends.
import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { createConnection } from 'nestjs-turso';

const [url = '', name = '', log = '', last = '0'] = process.argv.slice(2);

let stopped = false;
process.stdin.on('end', () => (stopped = true)).resume();

const connection = createConnection({ url, queryTimeoutMs: 30_000, transactionTimeoutMs: 30_000 });
const file = openSync(log, 'a');
const first = Math.max(await lastOnDisk(), lastLogged()) + 1;
for (let id = first; id <= Number(last) && !stopped; id++) {
  await write(id);
  // one call of the system: a kill cannot cut it
  writeSync(file, `${String(id).padStart(8)}\n`);
  // or the end of the standard input would never be heard
  if (id % 50 === 0) await turn();
}
await connection.close();
process.exit(0);

/**
 * In turn alone, in a batch and in a transaction.
 * @param {number} id
 */
async function write(id) {
  const statement = { sql: 'INSERT INTO written (writer, id) VALUES (?, ?)', args: [name, id] };
  if (id % 3 === 0) await connection.execute(statement);
  else if (id % 3 === 1) await connection.batch([statement], 'write');
  else await connection.withTransaction((tx) => tx.execute(statement));
}

async function lastOnDisk() {
  const { rows } = await connection.execute('SELECT max(id) AS id FROM written WHERE writer = ?', [name]);
  return Number(rows[0]?.['id'] ?? 0);
}

function lastLogged() {
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
  return Number(lines.at(-1) ?? 0);
}
