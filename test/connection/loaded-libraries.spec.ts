import { expect, it } from '@jest/globals';
import { createTempDatabase } from '../support/temp-database.js';
import { startChild } from './support/child.js';

const listLibraries = `process.report.getReport().sharedObjects
  .filter((path) => path.endsWith('.node') && !path.includes('swc')).map((path) => path.split('/').pop())`;

it('the package loads no native library until a connection opens, and then that of its backend alone', async () => {
  const { path } = await createTempDatabase();
  const child = startChild(
    `
    const db = createConnection({ url: 'sqlite:' + process.env.DATABASE_FILE });
    print(${listLibraries});
    await db.execute('SELECT 1');
    print(${listLibraries});
    await db.close();
  `,
    { DATABASE_FILE: path },
  );

  expect(await child.ended).toEqual([[], ['better_sqlite3.node']]);
});
