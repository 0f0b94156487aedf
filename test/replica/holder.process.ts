// Keeps a replica and writes, until it is killed: prints each number that the primary has acknowledged.
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from '../../lib/index.js';

const [url = '', path = ''] = process.argv.slice(2);
const connection = createConnection({ url, replica: { path, syncIntervalMs: 50 } });
await connection.open();
process.stdin.on('close', () => process.exit()).resume();
for (let n = 1; ; n++) {
  await connection.execute('INSERT INTO t VALUES (?)', [n]);
  console.log(`written ${n}`);
  await sleep(5);
}
