import { describe, expect, it } from '@jest/globals';
import { symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { failureOf } from '../contract/facts.js';
import {
  newPath,
  openReplica,
  readFrom,
  syncChildren,
  until,
  untilState,
  usePrimary,
} from './replica-setup.js';

const room = usePrimary(['CREATE TABLE t (a INTEGER)']);

const count = 'SELECT count(*) FROM t';

describe('reads of a connection with a replica', () => {
  it('see every own write, and are local', async () => {
    await using db = await openReplica(room.server.url);
    const seen: unknown[] = [];
    for (let n = 1; n <= 20; n++) {
      await db.execute('INSERT INTO t VALUES (?)', [n]);
      seen.push((await readFrom(db, count)).value);
    }

    expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(db.status().replica).toMatchObject({ state: 'serving', framesBehind: 0n, rebuilds: 0 });
    expect(db.status().replica?.localReads).toBeGreaterThanOrEqual(15);
  });

  it('are answered before execute() returns, once they are prepared and their data is there', async () => {
    await using db = await openReplica(room.server.url);
    await untilState(db, 'serving');
    const localReads = (): number => db.status().replica?.localReads ?? 0;
    // on a busy machine a turn of the event loop may be used up by what came before
    const isAtOnce = await until(
      async () => {
        const before = localReads();
        const reading = db.execute(count);
        const after = localReads();
        await reading;
        return after === before + 1;
      },
      (atOnce) => atOnce,
    );
    await db.execute('INSERT INTO t VALUES (1)');
    const seen = await db.execute(count);

    expect(isAtOnce).toBe(true);
    expect(seen.rows[0]?.[0]).toBe(1);
  });

  it('see every own change of the schema', async () => {
    await using db = await openReplica(room.server.url, { syncIntervalMs: 60_000 });
    await untilState(db, 'serving');
    const seen: number[] = [];
    for (let n = 1; n <= 10; n++) {
      await db.execute(`ALTER TABLE t ADD COLUMN c${n}`);
      seen.push((await db.execute('SELECT * FROM t')).columns.length);
    }

    expect(seen).toEqual(Array.from({ length: 10 }, (_, n) => n + 2));
  });

  it('see what a transaction, a batch and a script have committed', async () => {
    await using db = await openReplica(room.server.url);
    await db.withTransaction((tx) => tx.execute('INSERT INTO t VALUES (1)'));
    const afterTransaction = await readFrom(db, count);
    await db.batch(['INSERT INTO t VALUES (2)', 'INSERT INTO t VALUES (3)'], 'write');
    const afterBatch = await readFrom(db, count);
    await db.executeMultiple('INSERT INTO t VALUES (4); INSERT INTO t VALUES (5)');
    const afterScript = await readFrom(db, count);

    expect([afterTransaction.value, afterBatch.value, afterScript.value]).toEqual([1, 3, 5]);
  });

  it('never go back to before what the primary has shown', async () => {
    await using db = await openReplica(room.server.url, { syncIntervalMs: 60_000 });
    await room.other.execute('INSERT INTO t VALUES (1)');
    const { rows } = await db.execute({ sql: count, consistency: 'primary' });

    expect(rows[0]?.[0 as never]).toBe(1);
    expect(await readFrom(db, count)).toMatchObject({ value: 1 });
  });

  it('are as old as the last sync under "replica", and from the primary under "primary"', async () => {
    await using db = await openReplica(room.server.url, { syncIntervalMs: 60_000, consistency: 'replica' });
    await room.other.execute('INSERT INTO t VALUES (1)');
    const old = await readFrom(db, count, 'replica');
    const fresh = await db.withOptions({ consistency: 'primary' }).execute(count);
    await db.sync();
    const synced = await readFrom(db, count, 'replica');

    expect(old).toEqual({ value: 0, isLocal: true });
    expect(fresh.rows[0]?.[0]).toBe(1);
    expect(synced).toEqual({ value: 1, isLocal: true });
  });

  it('go to the primary for what this SQLite cannot prepare, and for pragmas', async () => {
    await using db = await openReplica(room.server.url);
    const before = db.status().replica?.localReads;
    const { rows } = await db.execute("SELECT vector_extract(vector32('[1,2]')) AS vector");
    const pragma = await db.execute('PRAGMA table_info(t)');

    expect(rows).toEqual([{ vector: '[1,2]' }]);
    expect(pragma.rows).toHaveLength(1);
    expect(db.status().replica).toMatchObject({ localReads: before, state: 'serving' });
  });

  it('of a table with a vector index are local, those of the index itself go to the primary', async () => {
    await using db = await openReplica(room.server.url);
    await db.migrate([
      'CREATE TABLE v (a INTEGER PRIMARY KEY, e F32_BLOB(2))',
      'CREATE INDEX v_by_e ON v (libsql_vector_idx(e))',
      "INSERT INTO v VALUES (1, vector32('[1,2]')), (2, vector32('[9,9]'))",
    ]);
    const table = await readFrom(db, 'SELECT count(*) FROM v');
    const nearest = await readFrom(db, "SELECT id FROM vector_top_k('v_by_e', vector32('[8,8]'), 1)");
    await db.sync();

    expect(table).toEqual({ value: 2, isLocal: true });
    expect(nearest).toEqual({ value: 2, isLocal: false });
    expect(db.status().replica).toMatchObject({ state: 'serving', rebuilds: 0 });
  });

  it('of a read transaction see one snapshot', async () => {
    await using db = await openReplica(room.server.url, { syncIntervalMs: 50 });
    const seen = await db.withTransaction(
      async (tx) => {
        const first = await tx.execute(count);
        await room.other.outsideTransaction(() => room.other.execute('INSERT INTO t VALUES (1)'));
        await db.outsideTransaction(() => db.sync());
        const second = await tx.execute(count);
        return [first.rows[0]?.[0], second.rows[0]?.[0]];
      },
      { mode: 'read' },
    );

    expect(seen).toEqual([0, 0]);
    expect(await readFrom(db, count)).toEqual({ value: 1, isLocal: true });
  });

  it('of a read transaction go to the primary as a whole when the first needs it', async () => {
    await using db = await openReplica(room.server.url);
    const seen = await db.withTransaction(
      async (tx) => {
        await tx.execute("SELECT vector_extract(vector32('[1,2]'))");
        return (await tx.execute(count)).rows[0]?.[0];
      },
      { mode: 'read' },
    );

    expect(seen).toBe(0);
  });

  it('of a read transaction run again on the primary when a later one needs it', async () => {
    await using db = await openReplica(room.server.url);
    const attempts: number[] = [];
    const seen = await db.withTransaction(
      async (tx) => {
        attempts.push(tx.attempt);
        await tx.execute(count);
        await tx.execute("SELECT vector_extract(vector32('[1,2]'))");
        return (await tx.execute(count)).rows[0]?.[0];
      },
      { mode: 'read' },
    );

    expect(seen).toBe(0);
    expect(attempts).toEqual([1, 2]);
  });

  it('never write, whatever the statement begins with', async () => {
    await using db = await openReplica(room.server.url);
    await db.execute('WITH x(a) AS (SELECT 7) INSERT INTO t SELECT a FROM x');

    expect(await readFrom(db, 'SELECT a FROM t')).toMatchObject({ value: 7 });
    expect(
      await failureOf(db.withTransaction((tx) => tx.execute('INSERT INTO t VALUES (1)'), { mode: 'read' })),
    ).toMatchObject({
      kind: 'read-only',
    });
  });

  it('of a batch may turn out to write, unless the batch is to read', async () => {
    await using db = await openReplica(room.server.url);
    const statements = [count, 'WITH x(a) AS (SELECT 7) INSERT INTO t SELECT a FROM x'];
    await db.batch(statements, 'deferred');

    expect(await readFrom(db, 'SELECT a FROM t')).toMatchObject({ value: 7 });
    expect(await failureOf(db.batch(statements, 'read'))).toMatchObject({ kind: 'read-only' });
  });

  it('go to the primary while its schema has something that only libSQL reads, and nothing is fetched anew', async () => {
    await using db = await openReplica(room.server.url);
    await db.execute('CREATE TABLE r (a INTEGER) RANDOM ROWID');
    await db.execute('INSERT INTO r VALUES (1)');
    const during = await readFrom(db, 'SELECT count(*) FROM r');
    await untilState(db, 'schema');
    await db.sync();
    await db.sync();
    const { rebuilds } = db.status().replica ?? {};
    await db.execute('DROP TABLE r');
    await untilState(db, 'serving');

    expect(during).toEqual({ value: 1, isLocal: false });
    expect(rebuilds).toBe(0);
    expect(db.reports).toEqual(['REPLICA_READY', 'REPLICA_SCHEMA', 'REPLICA_READY']);
    expect(await readFrom(db, count)).toEqual({ value: 0, isLocal: true });
  });

  it('begin before a second connection may take the same file', async () => {
    const path = await newPath();
    await using _db = await openReplica(room.server.url, { path });

    expect(await failureOf(openReplica(room.server.url, { path }))).toMatchObject({
      code: 'REPLICA_IN_USE',
      kind: 'configuration',
      message: expect.stringContaining(path),
    });
  });

  it.each([
    ['a link to the file', async (path: string, link: string) => symlink(path, link)],
    [
      'a link to a file that is still to be made',
      async (path: string, link: string) => symlink(basename(path), link),
    ],
  ])('begin before a second connection may take it by another name: %s', async (_title, makeLink) => {
    const path = await newPath();
    const link = join(dirname(path), 'link.db');
    await makeLink(path, link);
    await using db = await openReplica(room.server.url, { path: link });
    await readFrom(db, count);

    expect(await failureOf(openReplica(room.server.url, { path }))).toMatchObject({ code: 'REPLICA_IN_USE' });
  });

  it('of a connection whose opening took too long leave no process behind', async () => {
    const failure = await failureOf(
      openReplica(room.server.url, { bootTimeoutMs: 150, queryTimeoutMs: 150 }),
    );

    expect(failure).toMatchObject({ kind: 'timeout' });
    expect(syncChildren()).toEqual([]);
  });
});
