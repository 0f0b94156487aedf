import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { Logger, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setEnvironment } from '../nest/support/environment.js';
import { findFreePort } from '../support/free-port.js';
import { pageOf, root } from './pages.js';

// Not below node_modules: there nothing is compiled, and elsewhere nothing would be found.
const folder = join(root, 'dist-sample', `readme-${process.pid}`);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the example of the README', () => {
  it('runs as pasted', async () => {
    const code = pageOf('README.md').blocks.find(({ language }) => language === 'ts')?.code ?? '';
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'main.ts'), code);
    Logger.overrideLogger(false);
    const create = jest.spyOn(NestFactory, 'create');
    const port = await findFreePort();
    setEnvironment({ PORT: String(port), DATABASE_URL: undefined, TURSO_DATABASE_URL: undefined });

    await import(join(folder, 'main.ts'));
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
