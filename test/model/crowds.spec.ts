import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection, type DatabaseConnection } from '../../lib/index.js';
import { createLatch, readColumn, readValue } from '../contract/facts.js';
import { emptyDatabase } from '../contract/setups/empty-database.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createTempDatabase } from '../support/temp-database.js';
import { countUp } from './count-up.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const patient = { queryTimeoutMs: 25_000, transactionTimeoutMs: 25_000 };

let server: SqldServer;
let db: DatabaseConnection;
let child: ChildProcess | undefined;

const setUps: [string, () => Promise<{ url: string }>][] = [
  ['a sqlite file', () => createTempDatabase()],
  ['sqlite in memory', () => Promise.resolve({ url: ':memory:' })],
  ['a libSQL server', () => Promise.resolve({ url: server.url })],
];

async function open(url: string): Promise<void> {
  if (url === server.url) await emptyDatabase(url, undefined);
  db = createConnection({ url, maxAttempts: 1, ...patient });
  await db.migrate([
    'CREATE TABLE counters (n INTEGER)',
    'INSERT INTO counters VALUES (0)',
    'CREATE TABLE log (id INTEGER PRIMARY KEY, n INTEGER)',
  ]);
}

beforeAll(async () => {
  server = await startSqld();
});
afterAll(() => server.stop());
afterEach(async () => {
  if (child?.exitCode === null) child.kill('SIGKILL');
  child = undefined;
  await db.close();
});

describe.each(setUps)('on %s', (_name, createDatabase) => {
  it.each([8, 80])('%i concurrent write transactions all succeed', async (times) => {
    await open((await createDatabase()).url);
    await countUp(db, times);

    expect(await readValue(db, 'SELECT n FROM counters')).toBe(times);
  });

  it('a thousand waiting callers are served in the order in which they came', async () => {
    await open((await createDatabase()).url);
    const latch = createLatch();
    const holder = db.withTransaction(async (tx) => {
      await tx.execute('SELECT 1');
      await latch.opened;
    });
    await sleep(20);
    const calls: Promise<unknown>[] = [];
    for (const n of numbers(1_000)) {
      calls.push(write(n));
      await turn();
    }
    latch.open();
    await Promise.all([holder, ...calls]);

    expect(await readColumn(db, 'SELECT n FROM log ORDER BY id')).toEqual(numbers(1_000));
  });
});

/** Alone, in a batch or in a transaction. */
function write(n: number): Promise<unknown> {
  const statement = { sql: 'INSERT INTO log (n) VALUES (?)', args: [n] };
  if (n % 3 === 0) return db.execute(statement);
  if (n % 3 === 1) return db.batch([statement, 'SELECT 1'], 'write');
  return db.withTransaction((tx) => tx.execute(statement));
}

describe('on a sqlite file that two processes share', () => {
  it.each([8, 80])('%i concurrent write transactions all succeed', async (times) => {
    const { url } = await createTempDatabase();
    await open(url);
    child = await startCounting(url, times / 2);
    const ended = once(child, 'exit');
    child.stdin?.write('go\n');
    await countUp(db, times / 2);
    const [code] = (await ended) as [number | null];

    expect(code).toBe(0);
    expect(await readValue(db, 'SELECT n FROM counters')).toBe(times);
  });
});

/** Another process, ready to begin. */
async function startCounting(url: string, times: number): Promise<ChildProcess> {
  const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const started = spawn(
    process.execPath,
    [
      '--import',
      path('../connection/support/register-typescript.js'),
      path('count-up.process.ts'),
      url,
      String(times),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  child = started;
  await Promise.race([once(started.stdout, 'data'), once(started, 'exit')]);
  return started;
}

describe('on a libSQL server with twenty streams', () => {
  it.each(['read', 'deferred'] as const)(
    '200 open %s transactions are served without a refusal',
    async (mode) => {
      await open(server.url);
      const calls = numbers(200).map(async () => {
        const tx = await db.transaction(mode);
        const n = await readValue(tx, 'SELECT n FROM counters');
        await turn();
        await tx.commit();
        return n;
      });

      expect(new Set(await Promise.all(calls))).toEqual(new Set([0]));
    },
  );

  it('a thousand reads are served without a refusal', async () => {
    await open(server.url);
    const answers = await Promise.all(numbers(1_000).map((n) => readValue(db, 'SELECT ?', [n])));

    expect(answers).toEqual(numbers(1_000));
  });
});
