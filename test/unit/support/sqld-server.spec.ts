import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transformFile } from '@swc/core';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnGuarded } from '../../support/guarded-process.js';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { createTempFolder } from '../../support/temp-folder.js';
import { query, sendSql } from './send-sql.js';

const header = (namespace: string): string => Buffer.from(namespace).toString('base64url');

describe('startSqld', () => {
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

  it('routes to namespaces that were created through the admin API', async () => {
    await using server = await startSqld({ namespaces: true });
    await server.createNamespace('reports');

    const known = await sendSql(server.url, 'SELECT 1', { 'x-namespace-bin': header('reports') });
    const unknown = await sendSql(server.url, 'SELECT 1', { 'x-namespace-bin': header('nobody') });

    expect([known.status, unknown.status]).toEqual([200, 404]);
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

describe('spawnGuarded', () => {
  it('ends the process when its parent is killed', async () => {
    const folder = await createTempFolder();
    const { code } = await transformFile(join(import.meta.dirname, '../../support/guarded-process.ts'));
    await writeFile(join(folder, 'guarded-process.mjs'), code);
    await writeFile(
      join(folder, 'parent.mjs'),
      `import { transformFile } from '@swc/core';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnGuarded } from './guarded-process.mjs';
      console.log(spawnGuarded('sleep', ['60'], process.env).pid);
      setInterval(() => {}, 1000);`,
    );
    const parent = spawnGuarded(process.execPath, [join(folder, 'parent.mjs')], process.env);
    while (!parent.logs()) await sleep(10);

    parent.kill('SIGKILL');
    await parent.exited;

    const hasEnded = async (): Promise<boolean> => {
      const state = await readFile(`/proc/${parent.logs().trim()}/stat`, 'utf8').catch(() => 'Z');
      return state.includes('Z');
    };
    for (let i = 0; i < 100 && !(await hasEnded()); i++) await sleep(20);
    expect(await hasEnded()).toBe(true);
  });
});
