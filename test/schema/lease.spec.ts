import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDeadline } from '../../lib/async/deadline.js';
import { emptyDatabase } from '../contract/setups/empty-database.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { errorOf, MigrationFolder, openInstance, shortPace, type Instance } from './schema-setup.js';

/** About a second of work for the server. */
const slow =
  'SELECT count(*) FROM (WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2500000) SELECT x FROM n);';

const leaseTable =
  'CREATE TABLE _migrations_lease (id INTEGER PRIMARY KEY, owner TEXT, taken_at INTEGER, renewed_at INTEGER, patience_ms INTEGER)';

describe('migrations of several instances on one server', () => {
  let server: SqldServer;
  let observer: Instance;
  const proxies: FaultProxy[] = [];
  const instances: Instance[] = [];

  /** Each instance goes through a port of its own, so that in this one process they share no write gate. */
  const open = async (): Promise<Instance & { proxy: FaultProxy }> => {
    const proxy = await startFaultProxy(server.url);
    const instance = await openInstance(proxy.url);
    proxies.push(proxy);
    instances.push(instance);
    const { apply } = instance;
    return { ...instance, proxy, apply: (folder, options) => apply(folder, { pace: shortPace, ...options }) };
  };
  const holdLease = async (silentMs: number, patienceMs: number): Promise<void> => {
    await observer.query(leaseTable);
    const now = BigInt(Date.now());
    const args = ['other-host:7:abc', now - 60_000n, now - BigInt(silentMs), BigInt(patienceMs)];
    await observer.query('INSERT INTO _migrations_lease VALUES (1, ?, ?, ?, ?)', args);
  };
  const lease = (): Promise<unknown[][]> => observer.query('SELECT owner FROM _migrations_lease');

  beforeAll(async () => {
    server = await startSqld();
  });
  beforeEach(async () => {
    await emptyDatabase(server.url, undefined);
    observer = await openInstance(server.url);
    instances.push(observer);
  });
  afterEach(async () => {
    for (const { close } of instances.splice(0)) await close();
    for (const proxy of proxies.splice(0)) await proxy.close();
  });
  afterAll(() => server.stop());

  it('apply each file once when ten start at once, and give the lease back', async () => {
    const folder = await MigrationFolder.create({ '0000_runs.sql': 'CREATE TABLE runs (file INTEGER);' });
    for (const file of [1, 2, 3])
      await folder.write(`000${file}_run.sql`, `INSERT INTO runs VALUES (${file});`);
    const ten = await Promise.all(Array.from({ length: 10 }, open));

    const applied = await Promise.all(ten.map(({ apply }) => apply(folder)));

    expect(applied.flat().sort()).toEqual(['0000_runs.sql', '0001_run.sql', '0002_run.sql', '0003_run.sql']);
    expect(await observer.query('SELECT file FROM runs ORDER BY file')).toEqual([[1], [2], [3]]);
    expect(await lease()).toEqual([]);
  });

  it('let a file run for longer than the 5 s after which a waiting writer would end it', async () => {
    const folder = await MigrationFolder.create({
      '0001_long.sql': `CREATE TABLE runs (x);\n${slow.repeat(7)}\nINSERT INTO runs VALUES (1);`,
    });
    const pace = { ...shortPace, patienceMs: 60_000 };
    const four = await Promise.all(Array.from({ length: 4 }, open));

    const applied = await Promise.all(
      four.map(({ apply }) => apply(folder, { pace, migrationTimeoutMs: 60_000 })),
    );

    expect(applied.flat()).toEqual(['0001_long.sql']);
    expect(four.flatMap(({ reports }) => reports)).toEqual([]);
  }, 90_000);

  it('wait no longer than allowed, and say for whom', async () => {
    await holdLease(0, 60_000);
    const folder = await MigrationFolder.create({ '0001_a.sql': 'CREATE TABLE a (x);' });

    const error = await errorOf((await open()).apply(folder, { migrationTimeoutMs: 400 }));

    expect(error).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
    expect(error.message).toMatch(/other-host:7:abc has had the lease of the migrations since \d{4}-.*Z/);
    expect(await lease()).toEqual([['other-host:7:abc']]);
  });

  it('stop waiting when the signal fires', async () => {
    await holdLease(0, 60_000);
    const folder = await MigrationFolder.create({ '0001_a.sql': 'CREATE TABLE a (x);' });

    const applying = (await open()).apply(folder, { signal: AbortSignal.timeout(200) });

    await expect(applying).rejects.toMatchObject({ kind: 'aborted' });
  });

  it('take over from a holder that was silent for too long, with twice the patience', async () => {
    await holdLease(2_000, 1_000);
    const folder = await MigrationFolder.create({
      '0001_a.sql': 'CREATE TABLE seen AS SELECT patience_ms FROM _migrations_lease;',
    });
    const instance = await open();

    expect(await instance.apply(folder)).toEqual(['0001_a.sql']);
    expect(await observer.query('SELECT patience_ms FROM seen')).toEqual([[2_000]]);
    expect(instance.reports).toEqual([
      expect.objectContaining({
        code: 'MIGRATION_LEASE_TAKEN_OVER',
        message: expect.stringContaining('other-host:7:abc, which was silent for 2 s'),
      }),
    ]);
  });

  it('succeed after one has crashed in the middle of a file', async () => {
    const folder = await MigrationFolder.create({
      '0001_a.sql': 'CREATE TABLE a (x);\nINSERT INTO a VALUES (1);',
    });
    await (await open()).apply(await MigrationFolder.create({ '0000_none.sql': 'CREATE TABLE none (x);' }));
    await folder.write('0000_none.sql', 'CREATE TABLE none (x);');
    await observer.query("INSERT INTO _migrations_lease VALUES (1, 'crashed', 0, 0, 1000)");
    // its transaction is still open on the server, as after a crash behind a proxy
    const crashed = await (await open()).connection.begin('write', createDeadline(5_000), 'a test');
    await crashed.execute({ sql: 'CREATE TABLE a (x)', args: [] }, createDeadline(5_000));

    expect(await (await open()).apply(folder)).toEqual(['0001_a.sql']);
    expect(await observer.query('SELECT x FROM a')).toEqual([[1]]);
  });

  describe('over a bad network', () => {
    const isFile = (request: string): boolean => request.includes('INSERT INTO _migrations (');
    const create = (): Promise<MigrationFolder> =>
      MigrationFolder.create({
        '0001_a.sql': 'CREATE TABLE a (x);\nINSERT INTO a VALUES (1);',
        '0002_b.sql': 'INSERT INTO a VALUES (2);',
      });

    it('learn from the journal that a file was applied whose answer was lost', async () => {
      const { apply, proxy } = await open();
      proxy.inject({ kind: 'reset-after-forward' }, { requests: 1, when: isFile });

      expect(await apply(await create())).toEqual(['0001_a.sql', '0002_b.sql']);
      expect(await observer.query('SELECT x FROM a ORDER BY x')).toEqual([[1], [2]]);
    });

    it('fail with an unknown outcome when the journal cannot tell, and succeed at the next start', async () => {
      const { apply, proxy } = await open();
      const folder = await create();
      proxy.inject({ kind: 'respond', status: 502, body: 'bad gateway' }, { requests: 1, when: isFile });

      const error = await errorOf(apply(folder));

      expect(error).toMatchObject({ kind: 'unavailable', outcome: 'unknown' });
      expect(error.message).toContain('migration 0001_a.sql: ');
      expect(error.message).toContain('Starting again is safe');
      expect(await apply(folder)).toEqual(['0001_a.sql', '0002_b.sql']);
    });

    it('run a file again that the server rolled back for another writer', async () => {
      const { apply, proxy } = await open();
      const robbed = { kind: 'respond', status: 400, body: 'invalid baton' } as const;
      proxy.inject(robbed, { requests: 2, when: isFile });

      expect(await apply(await create())).toEqual(['0001_a.sql', '0002_b.sql']);
    });

    it('give a file up that the server rolls back each time', async () => {
      const { apply, proxy } = await open();
      proxy.inject({ kind: 'respond', status: 400, body: 'invalid baton' }, { when: isFile });

      await expect(apply(await create())).rejects.toMatchObject({ kind: 'busy', outcome: 'not-applied' });
      expect(await lease()).toEqual([]);
    });

    it('take the lease although the answer was lost', async () => {
      const { apply, proxy } = await open();
      const claims = (request: string): boolean => request.includes('INSERT INTO _migrations_lease');
      proxy.inject({ kind: 'delay', downMs: 800 }, { requests: 1, when: claims });

      expect(await apply(await create(), { pace: { ...shortPace, leaseWriteMs: 200 } })).toHaveLength(2);
    });

    it('say when the lease could not be given back', async () => {
      const { apply, proxy, reports } = await open();
      proxy.inject(
        { kind: 'respond', status: 502, body: '' },
        { when: (request) => request.includes('DELETE FROM _migrations_lease') },
      );

      expect(await apply(await create())).toHaveLength(2);
      expect(reports).toEqual([expect.objectContaining({ code: 'MIGRATION_LEASE_KEPT' })]);
      expect(await lease()).toHaveLength(1);
    });

    it('fail at once when the lease cannot be written for another reason', async () => {
      const { apply, proxy } = await open();
      const claims = (request: string): boolean => request.includes('INSERT INTO _migrations_lease');
      proxy.inject({ kind: 'respond', status: 401, body: '' }, { when: claims });

      await expect(apply(await create())).rejects.toMatchObject({ kind: 'auth' });
    });
  });
});
