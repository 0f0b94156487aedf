import { describe, expect, it } from '@jest/globals';
import { createConnection, type DatabaseModuleOptions } from '../../lib/index.js';
import { readColumn, readValue } from '../contract/facts.js';
import { createTempDatabase } from '../support/temp-database.js';

/** What SQLite calls it, on the handle that runs the insert. A plan of a virtual table tells nothing, so it runs on the thread for slow writes. */
const insert = 'INSERT INTO found SELECT synchronous FROM pragma_synchronous';

/** A process that is killed loses nothing that it has written, synced or not: only the setting tells what a power cut may take. */
describe('a commit', () => {
  it.each<[string, DatabaseModuleOptions['sqlite'], number]>([
    ['is synced before it is acknowledged, unless somebody says otherwise', undefined, 2],
    ['is synced with its folder when it is told so', { synchronous: 'extra' }, 3],
    ['waits for no disk when it is told so', { synchronous: 'normal' }, 1],
  ])('%s, whatever handle it is of', async (_what, sqlite, expected) => {
    const { url } = await createTempDatabase();
    const db = createConnection({ url, ...(sqlite && { sqlite }) });
    await db.execute('CREATE TABLE found (synchronous INTEGER)');
    await db.execute(insert);
    await db.batch([insert], 'write');
    await db.executeMultiple(insert);
    const inTransaction = await db.withTransaction((tx) => readValue(tx, 'PRAGMA synchronous'));
    const deferred = await db.withTransaction((tx) => readValue(tx, 'PRAGMA synchronous'), {
      mode: 'deferred',
    });
    const found = await readColumn(db, 'SELECT synchronous FROM found');
    await db.close();

    expect([...found, inTransaction, deferred]).toEqual(Array(5).fill(expected));
  });
});
