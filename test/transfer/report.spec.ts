import { expect, it } from '@jest/globals';
import { copyDatabase, type CopyOptions, type TransferPlan } from '../../lib/transfer/index.js';
import { createSourceWithBadRows } from './support/sources.js';
import { useTransferRoom } from './support/transfer-room.js';

const room = useTransferRoom();

it('a copy tells what became of each table', async () => {
  const source = await createSourceWithBadRows();
  const options = { source, target: { url: room.server.url }, onBadRow: 'quarantine' } as const;

  const { tables, rows, durationMs } = await copyDatabase(options);

  expect(tables).toMatchObject([
    { name: 't', rows: 10, copied: 7, rejected: 3, equal: true },
    { name: 'u', rows: 1, copied: 1, rejected: 0, equal: true },
  ]);
  expect(tables.every(({ bytes, digest }) => bytes > 0 && digest.length === 64)).toBe(true);
  expect(rows).toBe(8);
  const times = tables.reduce((sum, table) => sum + table.durationMs, 0);
  expect(times).toBeLessThanOrEqual(durationMs + tables.length);
  expect(times).toBeGreaterThan(0);
});

it('a copy tells its plan before it writes', async () => {
  const stopping = new AbortController();
  const plans: TransferPlan[] = [];
  const options: CopyOptions = {
    source: await createSourceWithBadRows(),
    target: { url: room.server.url },
    signal: stopping.signal,
    onPlan(plan) {
      plans.push(plan);
      stopping.abort();
    },
  };

  await expect(copyDatabase(options)).rejects.toMatchObject({ code: 'TRANSFER_INTERRUPTED' });

  expect(plans.map(({ tables }) => tables[0])).toEqual([{ name: 't', rows: 10 }]);
  expect(await room.target.all(`SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%'`)).toEqual([]);
});
