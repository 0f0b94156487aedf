// Opens a SQLite file and makes one backup of it, with digests.
import { createConnection } from '../../../lib/index.js';

const [source = '', file = ''] = process.argv.slice(2);
const connection = createConnection({ url: `file:${source}` });
await connection.execute('SELECT 1');
await connection.backup(file, { verify: true });
await connection.close();
