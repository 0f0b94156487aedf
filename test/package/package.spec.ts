import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { existsSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ts from 'typescript';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createTempDatabase } from '../support/temp-database.js';
import {
  installApp,
  installedVersions,
  packTarball,
  type AppKind,
  type InstalledApp,
} from './support/installed-app.js';
import { runJest } from './support/run-jest.js';
import { startApp } from './support/running-app.js';

const checkout = join(import.meta.dirname, '../..');

const manifest = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { exports: object };
const entries = Object.keys(manifest.exports)
  .filter((path) => path !== './package.json')
  .map((path) => path.replace('.', 'nestjs-turso'));

const shared = ['better-sqlite3', 'reflect-metadata', 'rxjs'];
const nest = ['common', 'config', 'core', 'platform-express', 'terminus'].map((name) => `@nestjs/${name}`);

const kinds: [string, string, () => Promise<AppKind>][] = [
  [
    'a Nest 12 ESM app',
    '12.',
    async () => ({ module: 'es6', dependencies: await installedVersions([...shared, ...nest]) }),
  ],
  [
    'a Nest 11 CommonJS app',
    '11.',
    async () => ({
      module: 'commonjs',
      dependencies: {
        ...(await installedVersions(shared)),
        '@nestjs/common': '11.2.10',
        '@nestjs/config': '4.0.4',
        '@nestjs/core': '11.2.10',
        '@nestjs/platform-express': '11.2.10',
        '@nestjs/terminus': '11.1.1',
      },
    }),
  ],
];

let tarball: string;
let server: SqldServer;
beforeAll(async () => {
  tarball = await packTarball();
  server = await startSqld({ jwt: true });
}, 120_000);
afterAll(async () => server.stop());

/** A database, the variables that choose it, and a way to hold its next write back. */
interface Target extends AsyncDisposable {
  readonly env: Record<string, string>;
  /** Resolves when the write that follows is held; it goes on after a moment. */
  holdNextWrite(): Promise<void>;
}

async function createFileTarget(): Promise<Target & { path: string }> {
  const { path } = await createTempDatabase();
  return {
    path,
    env: { DATABASE_URL: `sqlite:${path}` },
    async holdNextWrite() {
      const other = new BetterSqlite3(path);
      other.exec('BEGIN IMMEDIATE');
      setTimeout(() => other.close(), 700);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function createServerTarget(): Promise<Target & { proxy: FaultProxy }> {
  const proxy = await startFaultProxy(server.url);
  return {
    proxy,
    env: { TURSO_DATABASE_URL: proxy.url, TURSO_AUTH_TOKEN: server.authToken! },
    async holdNextWrite() {
      proxy.inject({ kind: 'delay', upMs: 700 }, { requests: 1 });
    },
    [Symbol.asyncDispose]: () => proxy.close(),
  };
}

describe.each(kinds)('the packed package in %s', (_kind, nestVersion, describeKind) => {
  let app: InstalledApp;
  beforeAll(async () => {
    app = await installApp(tarball, await describeKind());
  }, 300_000);

  it('is the installed one, outside of the checkout', () => {
    expect(app.packagePath.startsWith(join(app.folder, 'node_modules/nestjs-turso') + sep)).toBe(true);
    expect(app.packagePath.startsWith(checkout + sep)).toBe(false);
    expect(app.nestVersion.startsWith(nestVersion)).toBe(true);
  });

  it.each(entries)('has types of %s for an app whose moduleResolution is the old "node"', (entry) => {
    const options = { moduleResolution: ts.ModuleResolutionKind.Node10 };
    const { resolvedModule } = ts.resolveModuleName(entry, join(app.folder, 'main.ts'), options, ts.sys);

    expect(resolvedModule?.resolvedFileName).toMatch(/\/nestjs-turso\/dist\/.*\.d\.ts$/);
  });

  it('is loaded by CommonJS tests in Jest, with the settings of docs/testing.md', async () => {
    const output = await runJest(
      app,
      `const { createTestDatabase } = require('nestjs-turso/testing');
      require('nestjs-turso');
      it('reads on a thread', async () => {
        const database = await createTestDatabase();
        const scan = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 900000) SELECT count(*) AS n FROM c';
        for (let call = 0; call < 3; call++) expect((await database.execute(scan)).rows).toEqual([{ n: 900000 }]);
        await database.close();
      });`,
    );

    expect(output).toContain('1 passed, 1 total');
  });

  describe.each<[string, () => Promise<Target>]>([
    ['an embedded SQLite file', createFileTarget],
    ['a libSQL server', createServerTarget],
  ])('on %s', (_target, createTarget) => {
    it('serves the tasks and its health', async () => {
      await using target = await createTarget();
      await using tasks = await startApp(app, target.env);
      const title = `Write the report ${nestVersion}`;

      const created = await tasks.post('/tasks', { title });
      const { id } = created.body as { id: number };
      expect(created).toEqual({ status: 201, body: { id, title, completedAt: null } });
      expect(await tasks.post('/tasks', { title })).toMatchObject({
        status: 409,
        body: { statusCode: 409, code: 'SQLITE_CONSTRAINT' },
      });
      expect(await tasks.post('/tasks', { title: ' ' })).toMatchObject({ status: 400 });
      expect(await tasks.post('/tasks')).toMatchObject({ status: 400 });

      const completed = await tasks.post(`/tasks/${id}/complete`);
      expect(completed).toMatchObject({ status: 200, body: { id, title } });
      expect((completed.body as { completedAt: string }).completedAt).toMatch(/^\d{4}-\d\d-\d\dT/);
      expect(await tasks.post(`/tasks/${id}/complete`)).toMatchObject({ status: 409 });
      expect(await tasks.post('/tasks/4711/complete')).toMatchObject({ status: 404 });
      expect(await tasks.get(`/tasks/${id}/activities`)).toMatchObject({
        status: 200,
        body: [{ action: 'created' }, { action: 'completed' }],
      });

      expect((await tasks.get('/tasks')).body).toEqual(expect.arrayContaining([completed.body]));
      expect(await tasks.get(`/tasks/${id}`)).toEqual(completed);
      expect(await tasks.delete(`/tasks/${id}`)).toEqual({ status: 204, body: undefined });
      expect(await tasks.delete(`/tasks/${id}`)).toMatchObject({ status: 404 });
      expect(await tasks.get('/tasks/abc')).toMatchObject({ status: 400 });

      for (const probe of ['startup', 'live']) {
        expect(await tasks.get(`/health/${probe}`)).toMatchObject({ status: 200, body: { status: 'ok' } });
      }
      expect(await tasks.get('/health/ready')).toMatchObject({
        status: 200,
        body: { details: { database: { status: 'up' } } },
      });
      expect(tasks.output()).not.toContain(server.authToken);
    });

    it('answers a slow request after SIGTERM, ends with 0 and keeps what it acknowledged', async () => {
      await using target = await createTarget();
      await using tasks = await startApp(app, target.env);
      const title = `Late ${nestVersion}`;
      await target.holdNextWrite();
      const start = performance.now();
      const answer = tasks.post('/tasks', { title });
      await sleep(200);

      tasks.kill('SIGTERM');

      expect(await answer).toMatchObject({ status: 201 });
      expect(performance.now() - start).toBeGreaterThan(600);
      expect(await tasks.exited).toEqual({ code: 0, signal: null });
      await using again = await startApp(app, target.env);
      expect((await again.get('/tasks')).body).toEqual([expect.objectContaining({ title })]);
      const [{ id }] = (await again.get('/tasks')).body as [{ id: number }];
      await again.delete(`/tasks/${id}`);
    });
  });

  it('leaves no write-ahead log behind', async () => {
    await using target = await createFileTarget();
    await using tasks = await startApp(app, target.env);
    await tasks.post('/tasks', { title: 'Write the report' });

    tasks.kill('SIGTERM');

    expect(await tasks.exited).toEqual({ code: 0, signal: null });
    expect([existsSync(target.path), existsSync(`${target.path}-wal`)]).toEqual([true, false]);
  });

  it('says that it is not ready while the server is away, and serves again afterwards', async () => {
    await using target = await createServerTarget();
    await using tasks = await startApp(app, target.env);
    await target.proxy.refuse();

    const [startup, live, ready, list] = [
      await tasks.get('/health/startup'),
      await tasks.get('/health/live'),
      await tasks.get('/health/ready'),
      await tasks.get('/tasks'),
    ];
    await target.proxy.accept();

    expect([startup.status, live.status]).toEqual([200, 200]);
    expect(ready).toMatchObject({
      status: 503,
      body: { error: { database: { status: 'down', backend: 'turso', code: 'ECONNREFUSED' } } },
    });
    expect(list).toMatchObject({ status: 503, body: { code: 'ECONNREFUSED' } });
    expect((await tasks.get('/tasks')).status).toBe(200);
  });
});
