import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyDatabase, pullDatabase } from '../../lib/transfer/index.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createTempFolder } from '../support/temp-folder.js';
import { readEverything } from './support/read-everything.js';
import { readSource } from './support/read-source.js';
import { createLongSource } from './support/sources.js';
import { createTestTarget, type TestTarget } from './support/target.js';

let server: SqldServer;
let proxy: FaultProxy;
let target: TestTarget;
let folder: string;

beforeAll(async () => {
  server = await startSqld();
  proxy = await startFaultProxy(server.url);
  target = createTestTarget(server.url);
  await copyDatabase({ source: await createLongSource(), target: { url: server.url } });
});

afterAll(async () => {
  await proxy.close();
  await server.stop();
});

beforeEach(async () => {
  proxy.clear();
  folder = await createTempFolder('pull');
});

describe('a pull', () => {
  it('is the snapshot of a moment, whatever is written meanwhile', async () => {
    const before = await target.session((all) => readEverything(all));
    const writes: Promise<void>[] = [];
    const onProgress = (): void => {
      if (writes.length < 5) writes.push(target.run(`INSERT INTO keyless VALUES ('later', 1)`));
    };

    const { equal } = await pullDatabase({
      source: { url: server.url },
      file: join(folder, 'a.db'),
      onProgress,
    });
    await Promise.all(writes);

    expect(equal).toBe(true);
    expect(await readSource(join(folder, 'a.db'))).toEqual({ ...before, encoding: ['UTF-8'] });
    expect(writes).toHaveLength(5);
  });

  it('leaves no file behind when its answer is cut off', async () => {
    proxy.inject({ kind: 'fin-mid-body' }, { when: (request) => request.includes('/v3/cursor') });

    const pulling = pullDatabase({ source: { url: proxy.url }, file: join(folder, 'a.db') });

    await expect(pulling).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves no file behind when it is stopped', async () => {
    const stopping = new AbortController();
    const { signal } = stopping;
    const onProgress = (): void => stopping.abort();

    const pulling = pullDatabase({
      source: { url: server.url },
      file: join(folder, 'a.db'),
      signal,
      onProgress,
    });

    await expect(pulling).rejects.toMatchObject({ kind: 'aborted' });
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(['', '-wal', '-shm', '-journal'])('overwrites nothing and reads nothing in: %s', async (suffix) => {
    await writeFile(join(folder, `a.db${suffix}`), 'mine');

    const pulling = pullDatabase({ source: { url: server.url }, file: join(folder, 'a.db') });

    await expect(pulling).rejects.toMatchObject({ code: 'TRANSFER_FILE_EXISTS' });
    expect(await readdir(folder)).toEqual([`a.db${suffix}`]);
  });

  it.each(['', '-wal'])('leaves alone what comes while it works: %s', async (suffix) => {
    const onProgress = (): void => writeFileSync(join(folder, `a.db${suffix}`), 'mine');

    const pulling = pullDatabase({ source: { url: server.url }, file: join(folder, 'a.db'), onProgress });

    await expect(pulling).rejects.toMatchObject({ code: 'TRANSFER_FILE_EXISTS' });
    expect(await readFile(join(folder, `a.db${suffix}`), 'utf8')).toBe('mine');
    expect(await readdir(folder)).toEqual([`a.db${suffix}`]);
  });
});
