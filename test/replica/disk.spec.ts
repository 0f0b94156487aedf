import { describe, expect, it } from '@jest/globals';
import { chmod } from 'node:fs/promises';
import { dirname } from 'node:path';
import { startChild } from '../connection/support/child.js';
import { newPath, openReplica, readFrom, usePrimary } from './replica-setup.js';

const room = usePrimary([
  'CREATE TABLE t (a INTEGER, b BLOB)',
  'INSERT INTO t VALUES (1, randomblob(500000))',
]);

const count = 'SELECT count(*) FROM t';
/** In blocks of 512 bytes: what the primary has at first fits, and no more. */
const fileBlocks = 4_096;

describe('a disk that is full', () => {
  it('stops the sync, not the reads; none of them is wrong, and with room again all heals', async () => {
    const path = await newPath();
    const code = `
      const { setTimeout: sleep } = await import('node:timers/promises');
      const db = createConnection({
        url: process.env.URL,
        replica: { path: process.env.REPLICA, syncIntervalMs: 100 },
      });
      await db.open();
      const read = async (consistency) => {
        const before = db.status().replica.localReads;
        const { rows } = await db.execute({ sql: ${JSON.stringify(count)}, consistency });
        return { value: rows[0][0], isLocal: db.status().replica.localReads > before };
      };
      while (db.status().replica.state !== 'serving') await sleep(20);
      print(await read('replica'));
      for (let n = 0; n < 8; n++) await db.execute('INSERT INTO t VALUES (2, randomblob(1000000))');
      while (db.status().replica.lastSyncError === undefined) await sleep(20);
      const old = [];
      for (let n = 0; n < 20; n++) {
        old.push((await read('replica')).value);
        await sleep(50);
      }
      const { lastSyncError, rebuilds } = db.status().replica;
      print({ own: (await read('read-your-writes')).value, old, lastSyncError, rebuilds });
      await db.close();`;
    const child = startChild(code, { URL: room.server.url, REPLICA: path }, { fileBlocks });
    const [first, full] = (await child.ended) as [unknown, { own: number; old: number[] }];
    await using db = await openReplica(room.server.url, { path });

    expect(first).toEqual({ value: 1, isLocal: true });
    expect(full).toMatchObject({ own: 9, lastSyncError: 'REPLICA_SYNC_FAILED', rebuilds: 0 });
    // as old as the last sync that had room, or of the primary; never more than one moment back, and never half of one
    expect(full.old.every((value) => value >= 1 && value <= 9)).toBe(true);
    expect(await readFrom(db, count)).toEqual({ value: 9, isLocal: true });
  });
});

/** Root may write anywhere, so a child becomes nobody, who may perhaps not read this package: the driver is loaded before. */
const loadDriver =
  "await createConnection({ url: process.env.URL, replica: { path: '/dev/null/none' } }).open().catch(() => undefined);";

describe('a folder that may not be written', () => {
  it('is named when the app starts', async () => {
    const path = await newPath();
    const folder = dirname(path);
    for (const each of [dirname(folder), folder]) await chmod(each, 0o555);
    const code = `
      ${loadDriver}
      if (process.getuid() === 0) process.setuid(65534);
      const db = createConnection({ url: process.env.URL, replica: { path: process.env.REPLICA } });
      const { code, kind, message } = await db.open().catch((error) => error);
      print({ code, kind, message });
      await db.close();`;
    const child = startChild(code, { URL: room.server.url, REPLICA: path });
    const [failure] = await child.ended;
    for (const each of [dirname(folder), folder]) await chmod(each, 0o755);

    expect(failure).toMatchObject({ code: 'SQLITE_CANTOPEN', kind: 'configuration' });
    expect(failure).toHaveProperty('message', expect.stringContaining('"replica.path"'));
    expect(failure).toHaveProperty('message', expect.stringContaining(folder));
  });

  it('is named also when a replica of an earlier process stands in it', async () => {
    const first = await openReplica(room.server.url);
    await readFrom(first, count);
    await first.close();
    const folder = dirname(first.path);
    for (const each of [dirname(folder), folder]) await chmod(each, 0o555);
    await chmod(first.path, 0o444);
    const code = `
      ${loadDriver}
      if (process.getuid() === 0) process.setuid(65534);
      const db = createConnection({ url: process.env.URL, replica: { path: process.env.REPLICA } });
      const { code, message } = await db.open().catch((error) => error);
      print({ code, message });
      await db.close();`;
    const child = startChild(code, { URL: room.server.url, REPLICA: first.path });
    const [failure] = await child.ended;
    for (const each of [dirname(folder), folder]) await chmod(each, 0o755);

    expect(failure).toMatchObject({ code: 'SQLITE_CANTOPEN' });
    expect(failure).toHaveProperty('message', expect.stringContaining('may not be written'));
  });
});
