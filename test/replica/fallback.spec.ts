import { describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DatabaseConnection,
  DatabaseModule,
  DatabaseStaleInterceptor,
  type DatabaseModuleOptions,
} from '../../lib/index.js';
import { failureOf } from '../contract/facts.js';
import { startApp } from '../nest/support/app.js';
import {
  newPath,
  openReplica,
  readFrom,
  syncChildren,
  until,
  untilState,
  useOwnPrimary,
} from './replica-setup.js';

const room = useOwnPrimary(['CREATE TABLE t (a INTEGER)', 'INSERT INTO t VALUES (1)']);

const count = 'SELECT count(*) AS n FROM t';
const options: DatabaseModuleOptions = {
  consistency: 'primary',
  fallback: { replica: true },
  connectTimeoutMs: 500,
  queryTimeoutMs: 2_000,
};

describe('a connection that reads the primary, and falls back on its replica', () => {
  it('asks the primary while it answers, and marks nothing', async () => {
    await using db = await openReplica(room.proxy.url, options);
    await untilState(db, 'serving');
    const result = await db.execute(count);

    expect(result.rows).toEqual([{ n: 1 }]);
    expect(result).not.toHaveProperty('staleMs');
    expect(db.status().replica).toMatchObject({ localReads: 0, fallbackReads: 0 });
  });

  it('answers every kind of read with marked data while the primary is away, and fails writes', async () => {
    await using db = await openReplica(room.proxy.url, options);
    await untilState(db, 'serving');
    await room.proxy.refuse();
    const single = await db.execute(count);
    const [first] = await db.batch([count, 'SELECT a FROM t'], 'read');
    const streamed: unknown[] = [];
    for await (const row of db.stream('SELECT a FROM t')) streamed.push(row['a' as never]);
    const inTransaction = await db.withTransaction((tx) => tx.execute(count), { mode: 'read' });
    const writes = [
      await failureOf(db.execute('INSERT INTO t VALUES (2)')),
      await failureOf(db.execute('WITH x(a) AS (SELECT 2) INSERT INTO t SELECT a FROM x')),
      await failureOf(db.batch(['INSERT INTO t VALUES (2)'], 'write')),
      await failureOf(db.withTransaction((tx) => tx.execute('INSERT INTO t VALUES (2)'))),
    ];

    for (const result of [single, first, inTransaction])
      expect(result).toMatchObject({ rows: [{ n: 1 }], staleMs: expect.any(Number) });
    expect(streamed).toEqual([1]);
    expect(writes).toEqual(Array(4).fill(expect.objectContaining({ kind: 'unavailable' })));
    expect(db.status().replica).toMatchObject({ localReads: 0, fallbackReads: 4 });
  });

  it('goes back to the primary when it returns, and does not answer who asks for it by himself', async () => {
    await using db = await openReplica(room.proxy.url, { ...options, maxAttempts: 1 });
    await untilState(db, 'serving');
    await room.proxy.refuse();
    const away = await db.execute(count);
    const asked = await failureOf(db.execute({ sql: count, consistency: 'primary' }));
    await room.proxy.accept();
    const back = await db.execute(count);

    expect(away).toHaveProperty('staleMs');
    expect(asked).toMatchObject({ kind: 'unavailable' });
    expect(back).not.toHaveProperty('staleMs');
  });

  it('answers within the deadline when the primary stands still', async () => {
    await using db = await openReplica(room.server.url, options);
    await untilState(db, 'serving');
    await room.server.kill('SIGSTOP');
    const [result] = await db.batch([count], 'read');
    await room.server.kill('SIGCONT');

    expect(result).toMatchObject({ rows: [{ n: 1 }], staleMs: expect.any(Number) });
  });

  it('answers a read transaction from its first statement on when the primary stands still', async () => {
    await using db = await openReplica(room.server.url, { ...options, transactionTimeoutMs: 2_000 });
    await untilState(db, 'serving');
    await room.server.kill('SIGSTOP');
    const results = await db.withTransaction(
      async (tx) => [await tx.execute(count), await tx.execute(count)],
      {
        mode: 'read',
      },
    );
    await room.server.kill('SIGCONT');

    for (const result of results)
      expect(result).toMatchObject({ rows: [{ n: 1 }], staleMs: expect.any(Number) });
    expect(db.status().replica).toMatchObject({ fallbackReads: 1 });
  });

  it('answers reads that wait in vain for a stream of a primary that stands still', async () => {
    await using db = await openReplica(room.server.url, { ...options, pool: { maxStreams: 1 } });
    await untilState(db, 'serving');
    await room.server.kill('SIGSTOP');
    const batches = await Promise.all(Array.from({ length: 4 }, () => db.batch([count], 'read')));
    await room.server.kill('SIGCONT');

    for (const [result] of batches)
      expect(result).toMatchObject({ rows: [{ n: 1 }], staleMs: expect.any(Number) });
  });

  it('leaves the primary all the time of a read while the replica could not answer', async () => {
    await using db = await openReplica(room.proxy.url, { ...options, queryTimeoutMs: 3_000 });
    await db.execute('CREATE TABLE r (a INTEGER) RANDOM ROWID');
    // a read finds out
    await until(
      async () => (await readFrom(db, 'SELECT count(*) FROM r')) && db.status().replica?.state,
      (state) => state === 'schema',
    );
    room.proxy.inject({ kind: 'delay', downMs: 2_600 }, { when: (request) => request.includes('slow') });

    expect((await db.execute(`${count} /* slow */`)).rows).toEqual([{ n: 1 }]);
  });

  it('tells that the primary answers again by a read transaction, too', async () => {
    await using db = await openReplica(room.proxy.url, { ...options, maxAttempts: 1 });
    await untilState(db, 'serving');
    await room.proxy.refuse();
    await db.execute(count);
    await room.proxy.accept();
    await db.withTransaction((tx) => tx.execute(count), { mode: 'read' });

    expect(db.reports).toContain('REPLICA_FALLBACK_OVER');
  });

  it('does not take a slow statement for an outage', async () => {
    await using db = await openReplica(room.proxy.url, options);
    await untilState(db, 'serving');
    room.proxy.inject({ kind: 'blackhole' }, { when: (request) => request.includes('slow') });
    const slow = failureOf(db.execute(`${count} /* slow */`));
    await sleep(300);
    const quick = await db.execute(count);

    expect(await slow).toMatchObject({ kind: 'timeout', message: expect.stringContaining('2000 ms') });
    expect(quick).not.toHaveProperty('staleMs');
    expect(db.status().replica).toMatchObject({ fallbackReads: 0 });
  });

  it('answers without an own write that the replica lacks, as it is marked', async () => {
    await using db = await openReplica(room.proxy.url, { ...options, consistency: 'read-your-writes' });
    await untilState(db, 'serving');
    const [child] = syncChildren() as [number];
    process.kill(child, 'SIGSTOP');
    await db.execute('INSERT INTO t VALUES (2)');
    await room.proxy.refuse();
    const result = await db.execute(count);
    process.kill(child, 'SIGKILL');

    expect(result).toMatchObject({ rows: [{ n: 1 }], staleMs: expect.any(Number) });
    expect(db.status().replica).toMatchObject({ fallbackReads: 1 });
  });

  it('fails without the option', async () => {
    await using db = await openReplica(room.proxy.url, { ...options, fallback: {} });
    await untilState(db, 'serving');
    await room.proxy.refuse();

    expect(await failureOf(db.execute(count))).toMatchObject({ kind: 'unavailable' });
  });

  it('is down without the option, as its reads are', async () => {
    await using falling = await openReplica(room.proxy.url, options);
    await using db = await openReplica(room.proxy.url, { ...options, fallback: {} });
    await untilState(falling, 'serving');
    await untilState(db, 'serving');
    await room.proxy.refuse();

    await expect(falling.ping()).resolves.toBeUndefined();
    expect(await failureOf(db.ping())).toMatchObject({ kind: 'unavailable' });
  });
});

@Controller()
class TasksController {
  constructor(private readonly db: DatabaseConnection) {}

  @Get('tasks')
  async read() {
    return (await this.db.execute(count)).rows;
  }

  @Get('nothing')
  answerAlone() {
    return {};
  }
}

describe('DatabaseStaleInterceptor', () => {
  it('sets a header on answers with stale data, and on no others', async () => {
    const replica = { path: await newPath(), syncIntervalMs: 500 };
    const { app, ask, logs } = await startApp(
      {
        imports: [DatabaseModule.forRoot({ url: room.proxy.url, replica, ...options })],
        controllers: [TasksController],
      },
      { listen: true, configure: (nest) => void nest.useGlobalInterceptors(new DatabaseStaleInterceptor()) },
    );
    await untilState(app.get(DatabaseConnection), 'serving');
    const before = await ask('/tasks');
    await room.proxy.refuse();
    const [during, other] = [await ask('/tasks'), await ask('/nothing')];
    await ask('/tasks');
    await room.proxy.accept();

    expect([before.body, during.body]).toEqual([[{ n: 1 }], [{ n: 1 }]]);
    expect(before.headers.get('x-database-stale')).toBeNull();
    expect(during.headers.get('x-database-stale')).toMatch(/^\d+$/);
    expect(other.headers.get('x-database-stale')).toBeNull();
    expect(logs.of('warn').filter((text) => text.includes('the primary does not answer'))).toHaveLength(1);
  });
});
