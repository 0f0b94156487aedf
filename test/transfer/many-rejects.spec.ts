import { expect, it } from '@jest/globals';
import { resolveTransferOptions } from '../../lib/transfer/resolve-transfer-options.js';
import { createCheckpoint, readRejects } from '../../lib/transfer/target/checkpoint.js';
import { commit } from '../../lib/transfer/target/commit.js';
import { TargetDatabase } from '../../lib/transfer/target/target-database.js';
import { startSqld } from '../support/sqld-server.js';
import { createTestTarget } from './support/target.js';

it('rejects may be more than one answer holds', async () => {
  const server = await startSqld();
  const { url } = server;
  const database = new TargetDatabase(resolveTransferOptions({ source: 'unused.db', target: { url } }));
  try {
    await commit(database, createCheckpoint('many'));
    await createTestTarget(url)
      .run(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39999)
      INSERT INTO nestjs_turso_transfer_rejects (table_name, row_index, row_key, code, message)
      SELECT 't', i, hex(zeroblob(200)), 'SQLITE_CONSTRAINT_CHECK', '' FROM n`);

    const rejects = await readRejects(database);

    expect(rejects.map(({ row }) => row)).toEqual(Array.from({ length: 40_000 }, (_, index) => index));
  } finally {
    database.close();
    await server.stop();
  }
});
