import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setEnvironment } from '../nest/support/environment.js';
import { findFreePort } from '../../lib/testing/server/find-free-port.js';
import { createTempDatabase } from '../support/temp-database.js';
import { pageOf, root } from './pages.js';

// Not below node_modules: there nothing is compiled, and elsewhere nothing would be found.
const folder = join(root, 'dist-sample', `readme-${process.pid}`);
const [tenLines, wholeApp] = pageOf('README.md')
  .blocks.filter(({ language }) => language === 'ts')
  .map(({ code }) => code);

beforeAll(() => mkdir(folder, { recursive: true }));
beforeAll(() => Logger.overrideLogger(false));
afterEach(() => void jest.restoreAllMocks());
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a block as a file of its own. */
async function run(name: string, code: string | undefined): Promise<void> {
  const file = join(folder, name);
  await writeFile(file, code ?? '');
  await import(file);
}

describe('the ten lines of the README', () => {
  it('are ten, and count one more visit with each run', async () => {
    const { url } = await createTempDatabase();
    setEnvironment({ DATABASE_URL: url });
    const log = jest.spyOn(console, 'log').mockReturnValue();

    await run('first.ts', tenLines);
    await run('second.ts', tenLines);

    expect(tenLines?.split('\n').filter((line) => line.trim() !== '')).toHaveLength(10);
    expect(log.mock.calls).toMatchObject([[[{ visits: 1 }]], [[{ visits: 2 }]]]);
  });
});

describe('the whole app of the README', () => {
  it('runs as pasted', async () => {
    const create = jest.spyOn(NestFactory, 'create');
    const port = await findFreePort();
    setEnvironment({ PORT: String(port), DATABASE_URL: undefined, TURSO_DATABASE_URL: undefined });

    await run('main.ts', wholeApp);
    const app = (await create.mock.results[0]?.value) as INestApplication;
    try {
      const health = await ask(`http://127.0.0.1:${port}/health`);
      const first = await ask(`http://127.0.0.1:${port}/visits`, 'POST');
      const second = await ask(`http://127.0.0.1:${port}/visits`, 'POST');

      expect(health).toMatchObject({ database: { status: 'up', backend: 'sqlite' } });
      expect([first, second]).toEqual([[{ visits: 1 }], [{ visits: 2 }]]);
    } finally {
      await app.close();
    }
  });
});

/** Tries until the app listens: the example starts itself, and nobody awaits it. */
async function ask(url: string, method = 'GET'): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await (await fetch(url, { method })).json();
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(50);
    }
  }
}
