import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawnGuarded, type GuardedProcess } from '../../test/support/guarded-process.js';
import { startSqld } from '../../test/support/sqld-server.js';
import { createTempDatabase } from '../../test/support/temp-database.js';

const starter = fileURLToPath(new URL('../../.ci/start-sample.mjs', import.meta.url));

const openTarget = async (backend: string): Promise<{ url: string } & AsyncDisposable> => {
  if (backend === 'libSQL server') return startSqld();
  return { url: (await createTempDatabase()).url, [Symbol.asyncDispose]: async () => undefined };
};

describe.each(['SQLite file', 'libSQL server'])('the shop on a %s', (backend) => {
  let target: Awaited<ReturnType<typeof openTarget>>;
  let app: GuardedProcess;
  let url: string;

  beforeEach(async () => {
    target = await openTarget(backend);
    app = spawnGuarded(process.execPath, [starter, '02-transactional'], {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      PORT: '0',
      DATABASE_URL: target.url,
    });
    url = await readUrl(app);
  });

  afterEach(async () => {
    app.kill('SIGTERM');
    await app.exited;
    await target[Symbol.asyncDispose]();
  });

  const get = async (path: string): Promise<unknown> => (await fetch(url + path)).json();
  const order = async (customer: string, ...productIds: number[]): Promise<number> => {
    const lines = productIds.map((productId) => ({ productId, quantity: 1 }));
    const response = await fetch(`${url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customer, lines }),
    });
    return response.status;
  };
  const stock = async (): Promise<number[]> =>
    ((await get('/products')) as { stock: number }[]).map((product) => product.stock);

  it('keeps the order, its lines and its gift', async () => {
    expect(await order('Ada', 1, 2)).toBe(201);

    expect(await stock()).toEqual([9, 1, 0]);
    expect(await get('/orders/1')).toEqual({
      id: 1,
      customer: 'Ada',
      lines: [
        { productId: 1, quantity: 1 },
        { productId: 2, quantity: 1 },
        { productId: 3, quantity: 1 },
      ],
    });
  });

  it('keeps nothing of an order when the stock of its last product fails', async () => {
    await order('Ada', 2);
    await order('Ben', 2);

    expect(await order('Cleo', 1, 2)).toBe(409);

    expect(await stock()).toEqual([10, 0, 0]);
    expect(await get('/orders')).toEqual([
      { id: 1, customer: 'Ada' },
      { id: 2, customer: 'Ben' },
    ]);
  });

  it('keeps nothing of an order when the database refuses a line of it', async () => {
    expect(await order('Ada', 1, 99)).toBe(409);

    expect(await stock()).toEqual([10, 2, 1]);
    expect(await get('/orders')).toEqual([]);
  });

  it('keeps an order without its gift when the gifts are gone', async () => {
    await order('Ada', 1);
    await order('Ben', 1);

    expect(await stock()).toEqual([8, 2, 0]);
    expect(await get('/orders/2')).toMatchObject({ lines: [{ productId: 1, quantity: 1 }] });
  });

  it('adds up two lines of one product', async () => {
    await order('Ada', 1, 1);

    expect(await get('/orders/1')).toMatchObject({
      lines: [{ productId: 1, quantity: 2 }, { productId: 3 }],
    });
  });

  it('sells what there is once, to several customers at once', async () => {
    const statuses = await Promise.all(['A', 'B', 'C', 'D', 'E'].map((customer) => order(customer, 2)));

    expect(statuses.toSorted()).toEqual([201, 201, 409, 409, 409]);
    expect(await get('/orders')).toHaveLength(2);
    expect(await stock()).toEqual([10, 0, 0]);
  });
});

async function readUrl(app: GuardedProcess): Promise<string> {
  while (!app.hasExited()) {
    const url = /Listening on (http:\S+)\./.exec(app.logs())?.[1];
    if (url !== undefined) return url;
    await sleep(20);
  }
  throw new Error(`The sample did not start:\n${app.logs()}`);
}
