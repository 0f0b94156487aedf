import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { findFreePort } from '../../lib/testing/server/find-free-port.js';
import { openNamespaceFront, type NamespaceFront } from '../../lib/testing/server/namespace-front.js';
import { copyDatabase, planTransfer, type CopyOptions } from '../../lib/transfer/index.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createTempFolder } from '../support/temp-folder.js';
import { createSource } from './support/create-source.js';
import { readEverything } from './support/read-everything.js';
import { readSource } from './support/read-source.js';
import { startCli } from './support/run-cli.js';
import { createLongSource } from './support/sources.js';
import { createTestTarget } from './support/target.js';

let server: SqldServer;
let adminUrl: string;
let front: NamespaceFront;
let source: string;
let namespace = 'moved0';
let count = 0;

beforeAll(async () => {
  const port = await findFreePort();
  adminUrl = `http://127.0.0.1:${port}`;
  server = await startSqld({ args: ['--enable-namespaces', '--admin-listen-addr', `127.0.0.1:${port}`] });
  await ask('POST', '/v1/namespaces/other/create');
});

afterAll(() => server.stop());

beforeEach(async () => {
  namespace = `moved${++count}`;
  front = await openNamespaceFront(server.port, namespace);
  source = await createLongSource(600);
});

afterEach(() => front.close());

const ask = (method: string, path: string): Promise<Response> =>
  fetch(adminUrl + path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(method === 'POST' && { body: '{}' }),
  });

function options(more: Partial<CopyOptions> = {}): CopyOptions {
  return {
    source,
    target: { url: front.url },
    viaFile: { dataFolder: server.dataDir, adminUrl, namespace },
    ...more,
  };
}

const exists = async (): Promise<boolean> =>
  (await ask('GET', `/v1/namespaces/${namespace}/config`)).status === 200;

/** Nothing but databases, and nothing of ours beside the source. */
async function expectNothingLeft(): Promise<void> {
  const names = await readdir(server.dataDir);
  expect(names.filter((name) => name.startsWith('nestjs-turso'))).toEqual([]);
  await expect(stat(`${source}.transfer`)).rejects.toMatchObject({ code: 'ENOENT' });
}

async function expectRefused(code: string, more: Partial<CopyOptions> = {}): Promise<void> {
  await expect(copyDatabase(options(more))).rejects.toMatchObject({ code });
  expect(await exists()).toBe(false);
  await expectNothingLeft();
}

async function expectCopied(): Promise<void> {
  const target = createTestTarget(front.url);
  const everything = await target.session((all) => readEverything(all));
  expect({ ...everything, encoding: ['UTF-8'] }).toEqual(await readSource(source));
  await expectNothingLeft();
}

describe('a copy by way of the file', () => {
  it('makes a database that is equal, stays through a restart, and can be written to', async () => {
    expect((await planTransfer(options())).problems).toEqual([]);
    expect(await exists()).toBe(false);

    const report = await copyDatabase(options());

    expect(report).toMatchObject({ verification: { equal: true }, rejects: [], notes: [] });
    await expectCopied();
    await server.kill('SIGKILL');
    await server.restart();
    await expectCopied();
    await createTestTarget(front.url).run(`INSERT INTO keyless VALUES ('more', 1)`);
  });

  it('takes a file of another page size, with what rows leave behind', async () => {
    source = await createSource((db) => {
      db.exec('PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM; PRAGMA application_id = 77');
      db.exec(
        'CREATE TABLE t (a); CREATE INDEX i ON t (a); INSERT INTO t VALUES (-0.0), (9e999), (1.5); ANALYZE',
      );
    });

    const report = await copyDatabase(options());

    expect([report.verification.equal, report.notes.map(({ kind }) => kind)]).toEqual([true, ['infinity']]);
    expect(await createTestTarget(front.url).all('SELECT count(*) FROM sqlite_stat1')).toEqual([[1]]);
  });

  it('is refused where the name is taken, on the server or in the folder', async () => {
    await ask('POST', `/v1/namespaces/${namespace}/create`);
    await expect(copyDatabase(options())).rejects.toMatchObject({ code: 'TRANSFER_NAMESPACE_EXISTS' });
    await expectNothingLeft();
    await ask('DELETE', `/v1/namespaces/${namespace}`);

    await mkdir(join(server.dataDir, 'dbs', namespace));
    await expectRefused('TRANSFER_NAMESPACE_EXISTS');
  });

  it('is refused where folder and addresses do not belong together', async () => {
    const viaFile = { dataFolder: server.dataDir, adminUrl, namespace };
    const copied = await createTempFolder('data');
    await cp(server.dataDir, copied, { recursive: true });
    const other = await openNamespaceFront(server.port, 'other');
    const nowhere = await openNamespaceFront(server.port, 'nowhere');

    await expectRefused('TRANSFER_DATA_FOLDER', { viaFile: { ...viaFile, dataFolder: copied } });
    await expectRefused('TRANSFER_DATA_FOLDER', { viaFile: { ...viaFile, dataFolder: join(copied, 'dbs') } });
    await expectRefused('TRANSFER_NAMESPACE_EXISTS', { target: { url: other.url } });
    await expectRefused('TRANSFER_TARGET_INVALID', { target: { url: nowhere.url } });
    await expectRefused('TRANSFER_ADMIN_REFUSED', { viaFile: { ...viaFile, adminUrl: server.url } });
    const deaf = `http://127.0.0.1:${await findFreePort()}`;
    await expectRefused('TRANSFER_ADMIN_UNAVAILABLE', { viaFile: { ...viaFile, adminUrl: deaf } });
    await expectRefused('TRANSFER_OPTION_INVALID', { viaFile: { ...viaFile, namespace: '../up' } });

    await writeFile(join(copied, 'dbs/other/data'), Buffer.alloc(4096, 7));
    await expectRefused('TRANSFER_DATA_FOLDER', { viaFile: { ...viaFile, dataFolder: copied } });
    other.close();
    nowhere.close();
  });

  it('is refused for what a file cannot do, and for what the server lacks', async () => {
    await expectRefused('TRANSFER_OPTION_INVALID', { keepOpen: true });
    await expectRefused('TRANSFER_OPTION_INVALID', { onBadRow: 'quarantine' });
    const db = new BetterSqlite3(source);
    db.function('mine', { deterministic: true }, (value: unknown) => value);
    db.exec('CREATE VIEW needs AS SELECT mine(a) FROM keyless');
    await expectRefused('TRANSFER_REFUSED');
    db.exec('DROP VIEW needs; CREATE TABLE nestjs_turso_changes_1 (a)');
    await expectRefused('TRANSFER_FILE_UNFIT');
    db.close();
    source = await createSource((empty) => empty.exec(`PRAGMA encoding = 'UTF-16'; CREATE TABLE t (a)`));
    await expectRefused('TRANSFER_FILE_UNFIT');
  });

  it.each([
    ['the end of its rehearsal', 'DELETE', 1],
    ['a look at what the server has', 'GET', 3],
    ['the opening of the file', 'POST', 2],
  ] as const)('can be resumed when the server refuses %s', async (_name, method, nth) => {
    let seen = 0;
    const admin = await startAdminFront((found, pass) =>
      found === method && ++seen === nth ? Promise.resolve(503) : pass(),
    );
    const { port } = admin.address() as AddressInfo;
    const viaFile = { dataFolder: server.dataDir, adminUrl: `http://127.0.0.1:${port}`, namespace };

    const failure = await copyDatabase(options({ viaFile })).catch((error: unknown) => error);
    const report = await copyDatabase(options({ viaFile, resume: true }));
    admin.closeAllConnections();
    admin.close();

    expect(seen).toBeGreaterThanOrEqual(nth);
    expect(failure).toMatchObject({ code: 'TRANSFER_INTERRUPTED' });
    expect(report.verification.equal).toBe(true);
    await expectCopied();
  });

  it.each([
    ['before its rehearsal', 'POST', 1, false],
    ['in its rehearsal', 'POST', 1, true],
    ['behind its rehearsal', 'DELETE', 1, true],
    ['when the file lies there', 'POST', 2, false],
    ['when the server has it', 'POST', 2, true],
  ] as const)('goes on behind a SIGKILL %s', async (_name, method, nth, behind) => {
    const args = [
      'copy',
      source,
      front.url,
      '--via',
      'file',
      '--data-folder',
      server.dataDir,
      '--namespace',
      namespace,
    ];
    let seen = 0;
    const admin = await startAdminFront(async (found, pass) => {
      const isIt = found === method && ++seen === nth;
      if (isIt && !behind) cli.kill('SIGKILL');
      else await pass();
      if (isIt && behind) cli.kill('SIGKILL');
    });
    const { port } = admin.address() as AddressInfo;
    const cli = startCli([...args, '--admin-url', `http://127.0.0.1:${port}`]);
    expect((await cli.ended).exitCode).toBe(null);
    expect(seen).toBe(nth);
    const record = JSON.parse(await readFile(`${source}.transfer/transfer.json`, 'utf8')) as object;
    expect(record).toMatchObject({ placement: { namespace } });

    const resumed = await startCli([...args, '--admin-url', `http://127.0.0.1:${port}`, '--resume']).ended;
    admin.closeAllConnections();
    admin.close();

    expect([resumed.exitCode, resumed.stderr.includes('nestjs-turso:')]).toEqual([0, false]);
    await expectCopied();
  });
});

/** Stands in front of the administration of the server, and answers some requests itself. */
async function startAdminFront(
  onRequest: (method: string | undefined, pass: () => Promise<void>) => Promise<number | void>,
): Promise<Server> {
  const admin = createServer((request, response) => {
    const pass = async (): Promise<void> => {
      const answer = await ask(request.method ?? '', request.url ?? '');
      response.writeHead(answer.status).end(await answer.text());
    };
    onRequest(request.method, pass).then(
      (status) => status && response.writeHead(status).end(),
      () => response.destroy(),
    );
  });
  await once(admin.listen(0, '127.0.0.1'), 'listening');
  return admin;
}
