import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawnGuarded, type GuardedProcess } from '../../test/support/guarded-process.js';
import { startSqld, type SqldServer } from '../../test/support/sqld-server.js';
import { createTempDatabase } from '../../test/support/temp-database.js';

const starter = fileURLToPath(new URL('../../.ci/start-sample.mjs', import.meta.url));

let server: SqldServer;
let app: GuardedProcess;
let url: string;
let path: string;

beforeAll(async () => {
  server = await startSqld();
  ({ path } = await createTempDatabase('replica.db'));
  await start();
});

afterAll(async () => {
  await stop();
  await server.stop();
});

const get = async (route: string): Promise<unknown> => (await fetch(url + route)).json();
const post = async (title: string): Promise<number> => {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/articles`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ title }),
  });
  return response.status;
};

it('serves its articles through an outage and a restart, and takes new ones afterwards', async () => {
  expect(await post('First')).toBe(201);
  expect(await get('/articles/1')).toEqual({ id: 1, title: 'First' });

  await server.kill('SIGKILL');
  expect(await get('/articles/1')).toEqual({ id: 1, title: 'First' });
  expect(await post('Second')).toBe(503);

  await stop();
  await start();
  expect(await get('/articles')).toEqual([{ id: 1, title: 'First' }]);
  expect(await get('/health/ready')).toMatchObject({ status: 'ok' });
  expect(await get('/health/lag')).toMatchObject({ state: 'serving' });

  await server.restart();
  let status = 503;
  for (let n = 0; n < 100 && status !== 201; n++, await sleep(100)) status = await post('Third');
  expect(status).toBe(201);
  expect(await get('/articles/2')).toEqual({ id: 2, title: 'Third' });
});

async function start(): Promise<void> {
  app = spawnGuarded(process.execPath, [starter, '03-embedded-replica'], {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    PORT: '0',
    DATABASE_URL: server.url,
    DATABASE_REPLICA_PATH: path,
  });
  while (!app.hasExited()) {
    const found = /Listening on (http:\S+)\./.exec(app.logs())?.[1];
    if (found !== undefined) {
      url = found;
      return;
    }
    await sleep(20);
  }
  throw new Error(`The sample did not start:\n${app.logs()}`);
}

async function stop(): Promise<void> {
  app.kill('SIGTERM');
  await app.exited;
}
