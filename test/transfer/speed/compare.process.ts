// Moves the same rows in several ways, side by side, and prints what each took.
// node --import ./test/connection/support/register-typescript.js test/transfer/speed/compare.process.ts [rows] [rounds]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLibsqlServer } from '../../../lib/testing/start-libsql-server.js';
import { startFaultProxy } from '../../support/fault-proxy.js';
import { createMeasuredSource, measureCopy, measureDump, measurePull, measureSingles } from './measure.js';

const rows = Number(process.argv[2] ?? 100_000);
const rounds = Number(process.argv[3] ?? 2);
const folder = await mkdtemp(join(tmpdir(), 'transfer-speed-'));
try {
  const source = join(folder, 'app.db');
  createMeasuredSource(source, rows);
  for (let round = 0; round < rounds; round++) {
    const dump = await onServer((url) => measureDump(source, url));
    const [copy, pull] = await onServer(async (url) => [
      await measureCopy(source, url),
      await measurePull(url, join(folder, 'back.db'), rows),
    ]);
    console.log(JSON.stringify({ dump, copy, ratio: copy.rowsPerSecond / dump.rowsPerSecond, pull }));
  }
  const singles = await onFarServer((url) => measureSingles(source, url, 25));
  const copy = await onFarServer((url) => measureCopy(source, url));
  const ratio = copy.rowsPerSecond / singles.rowsPerSecond;
  console.log(JSON.stringify({ roundTripMs: 40, singles, copy, ratio }));
} finally {
  await rm(folder, { recursive: true });
}

async function onServer<T>(work: (url: string) => Promise<T>): Promise<T> {
  const server = await startLibsqlServer();
  try {
    return await work(server.url);
  } finally {
    await server.stop();
  }
}

function onFarServer<T>(work: (url: string) => Promise<T>): Promise<T> {
  return onServer(async (url) => {
    const proxy = await startFaultProxy(url);
    try {
      proxy.inject({ kind: 'delay', upMs: 20, downMs: 20 });
      return await work(proxy.url);
    } finally {
      await proxy.close();
    }
  });
}
