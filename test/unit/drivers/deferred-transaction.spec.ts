import { describe, expect, it } from '@jest/globals';
import { createDeadline } from '../../../lib/async/deadline.js';
import type { DriverConnection } from '../../../lib/contract/connection.js';
import { createDriver } from '../../../lib/drivers/create-driver.js';
import { createOptionsEnvironment } from '../../../lib/options/options-environment.js';
import { resolveOptions } from '../../../lib/options/resolve-options.js';
import { failureOf } from '../../contract/facts.js';

describe('a deferred transaction that waits to write', () => {
  it('gives the gate back when it is rolled back meanwhile', async () => {
    const soon = () => createDeadline(5_000);
    const insert = { sql: 'INSERT INTO t VALUES (1)', args: [] };
    const options = resolveOptions({}, createOptionsEnvironment(undefined));
    const network = {
      onAnswer: () => undefined,
      refusal: () => undefined,
      protect: (remote: DriverConnection) => remote,
    };
    const connection = await (await createDriver(options, () => undefined)).open(soon(), network);
    await connection.execute({ sql: 'CREATE TABLE t (a)', args: [] }, soon());
    const holder = await connection.begin('write', soon(), 'here');
    const deferred = await connection.begin('deferred', soon(), 'here');
    const waiting = failureOf(deferred.execute(insert, soon()));
    await deferred.rollback();
    await holder.rollback();
    const failure = await waiting;
    await connection.execute(insert, soon());
    const { rows } = await connection.execute({ sql: 'SELECT count(*) FROM t', args: [] }, soon());
    await connection.close(createDeadline(1_000));

    expect(failure).toMatchObject({ code: 'TRANSACTION_CLOSED', outcome: 'not-applied' });
    expect(rows[0]?.[0]).toBe(1);
  });
});
