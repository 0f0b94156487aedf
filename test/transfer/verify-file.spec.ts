import { expect, it } from '@jest/globals';
import { verifyFile } from '../../lib/transfer/pull/verify-file.js';
import { createSource } from './support/create-source.js';

it('a pulled file that lacks a table of the server is not equal', async () => {
  const file = await createSource((db) => db.exec('CREATE TABLE t (a)'));

  const { equal, differences } = await verifyFile(file, new Map([['gone', 'digest']]));

  expect(equal).toBe(false);
  expect(differences).toContainEqual({ kind: 'object-missing', object: 'gone', key: '' });
});
