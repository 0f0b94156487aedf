import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { DatabaseError } from '../../lib/index.js';
import { copyDatabase, pullDatabase, type Progress, type PullOptions } from '../../lib/transfer/index.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createTempFolder } from '../support/temp-folder.js';
import { createDeadline } from '../../lib/async/deadline.js';
import { finishFile } from '../../lib/transfer/pull/finish-file.js';
import type { RemoteSchema } from '../../lib/transfer/pull/read-remote-schema.js';
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

  it('brings wide rows, of which those that stand together are more than a value may be', async () => {
    const wide = await startSqld();
    try {
      await createTestTarget(wide.url).run('CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d, e, f, g)');
      await createTestTarget(wide.url)
        .run(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300),
        w(i, v) AS (SELECT i, substr(hex(zeroblob(4000)), 1, 7900 - i) FROM n) INSERT INTO t SELECT i, v, v, v, v, v, v, v FROM w`);

      const { equal, tables } = await pullDatabase({
        source: { url: wide.url },
        file: join(folder, 'a.db'),
      });

      expect({ equal, tables }).toMatchObject({ equal: true, tables: [{ name: 't', rows: 300 }] });
    } finally {
      await wide.stop();
    }
  });

  it('leaves nothing under its name when its answer is cut off', async () => {
    proxy.inject({ kind: 'fin-mid-body' }, { when: (request) => request.includes('/v3/cursor') });

    const pulling = pullDatabase({ source: { url: proxy.url }, file: join(folder, 'a.db') });

    await expect(pulling).rejects.toMatchObject({ code: 'TRANSFER_INTERRUPTED', kind: 'unavailable' });
    expect(await readdir(folder)).toEqual(['a.db.transfer']);
  });

  it('goes on where it stopped', async () => {
    let rows = 0;
    await interrupt(({ object }) => object === 'keyless' && ++rows > 5);

    const seen: (string | undefined)[] = [];
    const onProgress = ({ object }: Progress): void => void seen.push(object);
    const report = await pullDatabase({ ...to('a.db'), resume: true, onProgress });

    expect([report.equal, report.restarted]).toEqual([true, undefined]);
    expect(seen.filter((table) => table === 'keyless').length).toBeLessThan(5);
    await expectPulled();
    expect(await readdir(folder)).toEqual(['a.db']);
  });

  it('finishes a file that is finished already', async () => {
    const path = await createLongSource(10);
    const before = await readSource(path);
    const indexes = [{ type: 'index', name: 'by_b', sql: 'CREATE INDEX by_b ON keyless (b)' }];
    const views = [{ type: 'view', name: 'v', sql: 'CREATE VIEW v AS SELECT a FROM keyless' }];
    const schema = { indexes, views, triggers: [] } as unknown as RemoteSchema;

    const finished = await finishFile(path, schema, () => Promise.resolve('read'), createDeadline(20_000));
    expect(finished).toEqual({ isIntact: true, found: 'read' });
    expect(await readSource(path)).toEqual(before);
  });

  it('goes on without digests of the server, table by table', async () => {
    const hidden = await startServerWithoutSha3();
    await interrupt(({ object }) => object === 'numbered', hidden.url);

    const report = await pullDatabase({ ...to('a.db', hidden.url), resume: true });
    await hidden.close();

    expect([report.equal, report.restarted]).toEqual([true, undefined]);
    await expectPulled();
  });

  it('goes on without them behind a kill that came when the file was finished, and its record not yet', async () => {
    const hidden = await startServerWithoutSha3();
    await interrupt(({ object }) => object === 'keyless', hidden.url);
    await pullDatabase(to('b.db', hidden.url));
    await rename(join(folder, 'b.db'), join(folder, 'a.db.transfer', 'new.db'));

    const report = await pullDatabase({ ...to('a.db', hidden.url), resume: true });
    await hidden.close();

    expect([report.equal, report.restarted]).toEqual([true, undefined]);
    await expectPulled();
  });

  it('begins again when the server was written to before it goes on', async () => {
    await interrupt(() => true);
    await target.run(`INSERT INTO keyless VALUES ('later', 1)`);

    const report = await pullDatabase({ ...to('a.db'), resume: true });

    expect([report.equal, report.restarted]).toEqual([true, 'the server was written to meanwhile']);
    await expectPulled();
  });

  it('begins again when the server is written to while it goes on', async () => {
    let reads = 0;
    const front = await startFront(async (body, path) => {
      if (path === '/v3/cursor' && ++reads === 2) await target.run(`INSERT INTO keyless VALUES ('later', 1)`);
      return body;
    });
    await interrupt(() => true, front.url);

    const report = await pullDatabase({ ...to('a.db', front.url), resume: true });
    await front.close();

    expect([report.equal, report.restarted]).toEqual([true, 'the server was written to meanwhile']);
    await expectPulled();
  });

  it('begins again when it is not told to go on', async () => {
    await interrupt(() => true);

    expect((await pullDatabase(to('a.db'))).equal).toBe(true);
  });

  it('begins where there is nothing to go on with', async () => {
    const report = await pullDatabase({ ...to('a.db'), resume: true });

    expect([report.equal, report.restarted]).toEqual([true, undefined]);
    await expectPulled();
  });

  it('shares its place with nobody', async () => {
    const results = await Promise.allSettled([pullDatabase(to('a.db')), pullDatabase(to('a.db'))]);

    const codes = results.map((result) =>
      result.status === 'rejected' ? (result.reason as DatabaseError).code : 'ok',
    );
    expect(codes.sort()).toEqual(['TRANSFER_BUSY', 'ok']);
    await expectPulled();
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

function to(name: string, url = server.url): PullOptions {
  return { source: { url }, file: join(folder, name) };
}

async function interrupt(when: (progress: Progress) => boolean, url = server.url): Promise<void> {
  const stopping = new AbortController();
  const onProgress = (progress: Progress): void => {
    if (progress.stage === 'rows' && when(progress)) stopping.abort();
  };
  const pulling = pullDatabase({ ...to('a.db', url), signal: stopping.signal, onProgress });
  await expect(pulling).rejects.toMatchObject({ code: 'TRANSFER_INTERRUPTED', kind: 'aborted' });
}

async function expectPulled(): Promise<void> {
  const there = await target.session((all) => readEverything(all));
  expect(await readSource(join(folder, 'a.db'))).toEqual({ ...there, encoding: ['UTF-8'] });
}

/** The same server, whose list of functions lacks the one that makes digests. */
function startServerWithoutSha3(): Promise<Front> {
  return startFront((body) => body.replaceAll(`name || '/' || narg`, `'none'`));
}

interface Front {
  readonly url: string;
  close(): Promise<unknown>;
}

/** Stands in front of the server. */
async function startFront(
  change: (body: string, path: string | undefined) => string | Promise<string>,
): Promise<Front> {
  const front = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = await change(Buffer.concat(chunks).toString(), request.url);
      const answer = await fetch(`${server.url}${request.url}`, { method: 'POST', body });
      response.statusCode = answer.status;
      for await (const chunk of answer.body ?? []) response.write(chunk);
      response.end();
    })().catch(() => response.destroy());
  });
  await once(front.listen(0, '127.0.0.1'), 'listening');
  const { port } = front.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      front.closeAllConnections();
      return once(front.close(), 'close');
    },
  };
}
