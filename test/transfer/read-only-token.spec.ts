import { expect, it } from '@jest/globals';
import { join } from 'node:path';
import {
  backupDatabase,
  checkDatabase,
  copyDatabase,
  pullDatabase,
  readStatus,
  verifyTransfer,
} from '../../lib/transfer/index.js';
import { startSqld } from '../support/sqld-server.js';
import { createTempFolder } from '../support/temp-folder.js';
import { readSource } from './support/read-source.js';
import { createLongSource } from './support/sources.js';

it('a token that only reads is enough for everything that only reads', async () => {
  await using server = await startSqld({ jwt: true });
  const source = await createLongSource(10);
  const { url, authToken, readOnlyToken } = server;
  await copyDatabase({ source, target: { url, authToken: authToken ?? '' } });
  const folder = await createTempFolder('read-only');
  const [pulled, backup] = ['pulled.db', 'backup.db'].map((name) => join(folder, name)) as [string, string];
  const target = { url, authToken: readOnlyToken ?? '' };

  const { equal } = await verifyTransfer({ source, target });
  await pullDatabase({ source: target, file: pulled });
  await backupDatabase({ source: target, file: backup });
  const { findings } = await checkDatabase(target);

  expect(equal).toBe(true);
  for (const file of [pulled, backup]) expect(await readSource(file)).toEqual(await readSource(source));
  expect(findings).toContainEqual(expect.objectContaining({ check: 'quick check', level: 'ok' }));
  expect((await readStatus(target)).transfer).toBeUndefined();
});
