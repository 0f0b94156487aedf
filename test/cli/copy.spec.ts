import { describe, expect, it } from '@jest/globals';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSqld } from '../support/sqld-server.js';
import { createTempFolder } from '../support/temp-folder.js';
import { readEverything } from '../transfer/support/read-everything.js';
import { readSource } from '../transfer/support/read-source.js';
import { runCli, startCli, type CliRun } from '../transfer/support/run-cli.js';
import { createLongSource, createSourceWithBadRows } from '../transfer/support/sources.js';
import { useTransferRoom } from '../transfer/support/transfer-room.js';

const room = useTransferRoom();

describe('nestjs-turso copy', () => {
  it('plans, copies and verifies', async () => {
    const source = await createLongSource(100);

    const plan = await runCli(['plan', source, room.server.url]);
    const copy = await runCli(['copy', source, room.server.url]);
    const verify = await runCli(['verify', source, room.server.url, '--json']);

    const pull = await runCli(['pull', room.server.url, `${source}.back`]);

    expect([plan.exitCode, copy.exitCode, verify.exitCode, pull.exitCode]).toEqual([0, 0, 0, 0]);
    expect(await readSource(`${source}.back`)).toEqual(await readSource(source));
    expect(plan.stdout).toContain('nothing stands against a copy');
    expect(copy.stdout).toMatch(/keyless +100 +100 +0 +\d+ +\d+\.\d s {2}[0-9a-f]{16} {2}equal/);
    expect(JSON.parse(verify.stdout)).toMatchObject({ exitCode: 0, equal: true, differences: [] });
    expect(await readTarget()).toEqual(await readSource(source));
  });

  it('loses and doubles nothing when it is killed again and again', async () => {
    const source = await createLongSource();
    // every commit is slow, so that a kill meets one before, while and after it is applied
    room.proxy.inject(
      { kind: 'delay', upMs: 60, downMs: 60 },
      { when: (request) => request.includes('UPDATE nestjs') },
    );
    for (let kill = 0; kill < 3; kill++) {
      const run = startCli(['copy', source, room.proxy.url, ...(kill === 0 ? [] : ['--resume'])]);
      await commitsSeen(run, 2);
      await sleep(kill * 45);
      run.kill('SIGKILL');
      expect((await run.ended).exitCode).toBe(null);
    }

    const last = await runCli(['copy', source, room.proxy.url, '--resume']);

    expect([last.exitCode, last.stderr]).toEqual([0, expect.not.stringContaining('nestjs-turso:')]);
    expect(await readTarget()).toEqual(await readSource(source));
  });

  it('stops at an interrupt and prints the command that goes on', async () => {
    const source = await createLongSource();
    room.proxy.inject({ kind: 'delay', upMs: 100 }, { when: (request) => request.includes('UPDATE nestjs') });
    const run = startCli(['copy', source, room.proxy.url]);
    await commitsSeen(run, 2);
    run.kill('SIGINT');
    const { exitCode, stderr } = await run.ended;

    expect(exitCode).toBe(4);
    const command = /^To go on: nestjs-turso (.*)$/m.exec(stderr)?.[1] ?? '';
    const resumed = await runCli(command.split(' '));
    expect(resumed.exitCode).toBe(0);
    expect(await readTarget()).toEqual(await readSource(source));
  });

  it.each(['SIGINT', 'SIGKILL'] as const)(
    'begins on resume what %s ended before it began',
    async (signal) => {
      const source = await createLongSource();
      room.proxy.inject({ kind: 'delay', upMs: 300 });
      const run = startCli(['copy', source, room.proxy.url]);
      while (!run.stderr().includes('snapshot')) await sleep(10);
      run.kill(signal);
      const { exitCode, stderr } = await run.ended;
      const command = `nestjs-turso copy ${source} ${room.proxy.url} --resume`;
      room.proxy.clear();
      const resumed = await runCli(command.split(' ').slice(1));

      expect([exitCode, stderr.includes(`To go on: ${command}\n`)]).toEqual(
        signal === 'SIGINT' ? [4, true] : [null, false],
      );
      expect(resumed.exitCode).toBe(0);
      expect(await readTarget()).toEqual(await readSource(source));
    },
  );

  it('leaves out bad rows on request and lists them', async () => {
    const source = await createSourceWithBadRows();
    const report = join(await createTempFolder('report'), 'report.json');

    const stopped = await runCli(['copy', source, room.server.url]);
    const resumed = await runCli([
      'copy',
      source,
      room.server.url,
      '--resume',
      '--on-bad-row',
      'quarantine',
      '--report',
      report,
    ]);

    expect(stopped.exitCode).toBe(4);
    expect(stopped.stderr).toContain('row 3 of table t in the order of its key (SQLITE_CONSTRAINT_CHECK)');
    expect(resumed.exitCode).toBe(2);
    expect(await room.target.all('SELECT id FROM t')).toEqual([[1], [2], [4], [5], [7], [8], [10]]);
    expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({ exitCode: 2, rows: 8 });
    const lines = (await readFile(`${source}.rejects.jsonl`, 'utf8')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { key: string }).key)).toEqual([
      '"id" = 3',
      '"id" = 6',
      '"id" = 9',
    ]);
  });

  it('ends with 3 when source and target differ, and names the row', async () => {
    const source = await createLongSource(100);
    await runCli(['copy', source, room.server.url]);
    await room.target.run(`UPDATE numbered SET a = 'text 8' WHERE id = 14`);

    const { exitCode, stdout } = await runCli(['verify', source, room.server.url]);

    expect(exitCode).toBe(3);
    expect(stdout).toContain('row-changed numbered: "id" = 14');
  });
});

describe('nestjs-turso', () => {
  it('refuses a missing source', async () => {
    const folder = join(await createTempFolder('source'), 'nowhere');

    const { exitCode, stdout, stderr } = await runCli(['copy', join(folder, 'a.db'), room.server.url]);

    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`nestjs-turso: TRANSFER_SOURCE_MISSING: there is no file ${folder}/a.db`);
    await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('looks for the folder of its report before it begins', async () => {
    const source = await createLongSource(10);

    const { exitCode, stderr } = await runCli([
      'copy',
      source,
      room.server.url,
      '--report',
      `${source}.no/a.json`,
    ]);

    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('the folder of the report')]);
    expect(await room.target.all(`SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%'`)).toEqual([]);
  });

  it('shows its result when the report cannot be written', async () => {
    const source = await createLongSource(10);
    const report = await createTempFolder('report');

    const { exitCode, stdout, stderr } = await runCli(['copy', source, room.server.url, '--report', report]);

    expect(stderr).toContain('the report could not be written (EISDIR)');
    expect([exitCode, stdout]).toEqual([5, expect.stringContaining('verified: source and target are equal')]);
  });

  it('prints the command that goes on when an answer breaks off', async () => {
    const folder = await createTempFolder('pull');
    room.proxy.inject({ kind: 'fin-mid-body' }, { when: (request) => request.includes('/v3/cursor') });

    const { exitCode, stderr } = await runCli(['pull', room.proxy.url, join(folder, 'a.db')]);

    expect(exitCode).toBe(4);
    const command = /^To go on: nestjs-turso (.*)$/m.exec(stderr)?.[1] ?? '';
    room.proxy.clear();
    expect((await runCli(command.split(' '))).exitCode).toBe(0);
  });

  it('tells somebody else at work on the target from wrong use', async () => {
    const source = await createSourceWithBadRows();
    await runCli(['copy', source, room.server.url]);
    await room.target.run(`UPDATE nestjs_turso_transfer SET id = 'other'`);

    const { exitCode, stderr } = await runCli(['copy', source, room.server.url, '--resume']);

    expect([exitCode, stderr]).toEqual([6, expect.stringContaining('TRANSFER_CONFLICT')]);
  });

  it('takes the token from the environment, both ways', async () => {
    const guarded = await startSqld({ jwt: true });
    const source = await createLongSource(50);
    const env = { TURSO_AUTH_TOKEN: guarded.authToken };

    const without = await runCli(['copy', source, guarded.url]);
    const copy = await runCli(['copy', source, guarded.url], env);
    const pull = await runCli(['pull', guarded.url, `${source}.back`], env);
    await guarded.stop();

    expect([without.exitCode, copy.exitCode, pull.exitCode]).toEqual([1, 0, 0]);
    expect(await readSource(`${source}.back`)).toEqual(await readSource(source));
  });

  it('shows no token', async () => {
    const token = 'eyJhbGciOiJFZERTQSJ9.secret-of-somebody.signature';
    const source = await createLongSource(10);
    room.proxy.inject({
      kind: 'respond',
      status: 401,
      body: JSON.stringify({ error: `bad token ${token}` }),
    });

    const fromUrl = await runCli(['copy', source, `${room.proxy.url}?authToken=${token}`]);
    const fromUser = await runCli(['copy', source, `http://${token}@127.0.0.1:${room.proxy.port}`]);
    const fromEnvironment = await runCli(['plan', source, room.proxy.url], { TURSO_AUTH_TOKEN: token });

    for (const { exitCode, stdout, stderr } of [fromUrl, fromUser, fromEnvironment]) {
      expect([exitCode, stdout + stderr]).toEqual([1, expect.not.stringContaining('secret-of-somebody')]);
    }
    expect(fromEnvironment.stderr).toContain('answered 401');
  });
});

/** Waits until the run has sent so many commits more. */
async function commitsSeen(run: CliRun, count: number): Promise<void> {
  const [before] = await position();
  for (let tries = 0; tries < 2_000; tries++) {
    const [now] = await position();
    if (now !== undefined && Number(now) >= Number(before ?? 0) + count) return;
    await sleep(10);
  }
  throw new Error(`The copy did not get on: ${run.stderr()}`);
}

async function position(): Promise<unknown[]> {
  const exists = await room.target.all(`SELECT 1 FROM sqlite_schema WHERE name = 'nestjs_turso_transfer'`);
  return exists.length === 0
    ? []
    : ((await room.target.all('SELECT position FROM nestjs_turso_transfer'))[0] ?? []);
}

async function readTarget(): Promise<Record<string, string[]>> {
  return { ...(await room.target.session((all) => readEverything(all))), encoding: ['UTF-8'] };
}
