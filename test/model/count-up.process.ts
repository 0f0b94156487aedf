import { createConnection } from '../../lib/index.js';
import { countUp } from './count-up.js';

// node --import …/register-typescript.js count-up.process.ts <url> <times>
const [url = '', times = '0'] = process.argv.slice(2);
const connection = createConnection({ url });
await connection.open();
process.stdout.write('ready\n');
process.stdin.once('data', () => {
  void countUp(connection, Number(times)).then(async () => {
    await connection.close();
    process.exit(0);
  });
});
