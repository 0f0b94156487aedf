import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { findFreePort } from '../../lib/testing/server/find-free-port.js';
import { startSqld } from '../support/sqld-server.js';
import { createTempDatabase } from '../support/temp-database.js';
import { compileApp, type CompiledApp } from './support/child-process.js';

let compiled: CompiledApp;
beforeAll(async () => {
  compiled = await compileApp();
});
afterAll(async () => compiled[Symbol.asyncDispose]());

const openTarget = async (backend: string): Promise<{ url: string; path?: string } & AsyncDisposable> => {
  if (backend === 'turso') return startSqld();
  const { path, url } = await createTempDatabase();
  return { path, url, [Symbol.asyncDispose]: async () => undefined };
};

describe.each(['sqlite', 'turso'])('a process with an app on %s', (backend) => {
  it('answers a slow request after SIGTERM and ends by itself with 0', async () => {
    await using target = await openTarget(backend);
    const child = compiled.start({ DATABASE_URL: target.url });
    const [, url] = (await child.printed('listening on')).match(/listening on (\S+)/)!;
    const answer = fetch(`${url}/slow`, { headers: { connection: 'close' } }).then((response) =>
      response.json(),
    );
    await child.printed('in the middle');

    child.kill('SIGTERM');

    expect(await answer).toEqual([{ one: 1 }]);
    expect(await child.exited).toMatchObject({ code: 0, signal: null });
    expect(existsSync(`${target.path}-wal`)).toBe(false);
  });

  it('ends by itself with 0 although a transaction was left open', async () => {
    await using target = await openTarget(backend);
    const child = compiled.start({ DATABASE_URL: target.url, ABANDON: '1' });
    await child.printed('listening on');

    child.kill('SIGTERM');

    expect(await child.exited).toMatchObject({ code: 0, signal: null });
  });
});

describe('a process whose server hangs', () => {
  it.each([
    ['longer than calls may wait', '60000'],
    ['until its calls time out', '700'],
  ])('settles every call and ends by itself with 0 (%s)', async (_how, queryTimeoutMs) => {
    await using server = await startSqld();
    const child = compiled.start({ DATABASE_URL: server.url, DATABASE_QUERY_TIMEOUT_MS: queryTimeoutMs });
    await child.printed('listening on');
    await server.kill('SIGSTOP');
    child.kill('SIGUSR2');
    await child.printed('calls started');
    const start = performance.now();

    child.kill('SIGTERM');

    const { code, signal, output } = await child.exited;
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(output).toContain('settled 7 of 7');
    expect(performance.now() - start).toBeLessThan(15_000);
  });

  it('answers the requests in flight before it ends', async () => {
    await using server = await startSqld();
    const child = compiled.start({ DATABASE_URL: server.url, DATABASE_QUERY_TIMEOUT_MS: '1000' });
    const [, url] = (await child.printed('listening on')).match(/listening on (\S+)/)!;
    const answer = fetch(`${url}/slow`, { headers: { connection: 'close' } });
    await child.printed('in the middle');
    await server.kill('SIGSTOP');

    child.kill('SIGTERM');

    expect((await answer).status).toBe(500);
    expect(await child.exited).toMatchObject({ code: 0, signal: null });
  });
});

describe('a process that started without its database', () => {
  it.each([
    ['degraded', 'starts degraded'],
    ['fallback', 'THE FALLBACK'],
  ])('runs, and ends by itself with 0 (%s)', async (mode, warning) => {
    const { url } = await createTempDatabase('fallback.db');
    const child = compiled.start({
      DATABASE_URL: `http://127.0.0.1:${await findFreePort()}`,
      DATABASE_ON_UNAVAILABLE: mode,
      ...(mode === 'fallback' && { DATABASE_FALLBACK_URL: url }),
    });
    await child.printed('listening on');

    child.kill('SIGTERM');

    const { code, output } = await child.exited;
    expect(code).toBe(0);
    expect(output).toContain(warning);
  });
});

describe('a process whose database is down', () => {
  it('fails its boot with one error and ends by itself', async () => {
    const port = await findFreePort();
    const start = performance.now();

    const { code, output } = await compiled.start({ DATABASE_URL: `http://127.0.0.1:${port}` }).exited;

    expect(performance.now() - start).toBeLessThan(8_000);
    expect(code).toBe(3);
    expect(output).toMatch(/failed: \w+: Could not open the database \(turso at 127\.0\.0\.1:\d+\)/);
  });
});
