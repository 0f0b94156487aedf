import { expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSource } from '../transfer/support/create-source.js';
import { readEverything } from '../transfer/support/read-everything.js';
import { readSource } from '../transfer/support/read-source.js';
import { runCli, startCli } from '../transfer/support/run-cli.js';
import { useTransferRoom } from '../transfer/support/transfer-room.js';
import { buildBusy, changeBusy } from '../transfer/sync/busy-source.js';

const room = useTransferRoom();

it('nestjs-turso sync and cutover lose and double nothing when they are killed again and again', async () => {
  const source = await createSource(buildBusy);
  expect((await runCli(['copy', source, room.proxy.url, '--keep-open'])).exitCode).toBe(0);
  const db = new BetterSqlite3(source);
  // every request is slow, so that a kill meets one before, while and after it is applied
  room.proxy.inject({ kind: 'delay', upMs: 15, downMs: 15 });

  for (const [round, requests] of [6, 12].entries()) {
    changeBusy(db, round);
    await killAfter(['sync', source, room.proxy.url, '--mode', 'changelog'], requests);
  }
  changeBusy(db, 2);
  for (const requests of [8, 16, 40]) await killAfter(['cutover', source, room.proxy.url], requests);
  const last = await runCli(['cutover', source, room.proxy.url]);

  expect([last.exitCode, last.stdout]).toEqual([0, expect.stringContaining('the source is closed')]);
  expect(() => db.exec('DELETE FROM keyless')).toThrow('this database was moved to a server');
  db.close();
  expect((await runCli(['detach', source])).exitCode).toBe(0);
  const target = await room.target.session((all) => readEverything(all));
  expect({ ...target, encoding: ['UTF-8'] }).toEqual(await readSource(source));
}, 150_000);

/** Kills a run when it has sent so many requests; one that ends before is over. */
async function killAfter(args: readonly string[], requests: number): Promise<void> {
  const before = room.proxy.counts.requests;
  const run = startCli(args);
  let isOver = false;
  void run.ended.then(() => (isOver = true));
  for (let tries = 0; tries < 2_000 && !isOver; tries++) {
    if (room.proxy.counts.requests >= before + requests) break;
    await sleep(10);
  }
  run.kill('SIGKILL');
  await run.ended;
}
