import { describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { Diagnosis } from '../../lib/transfer/index.js';
import { checkToken } from '../../lib/transfer/doctor/check-token.js';
import { startSqld } from '../support/sqld-server.js';
import { createSource } from '../transfer/support/create-source.js';
import { runCli } from '../transfer/support/run-cli.js';
import { createLongSource, createSourceWithBadRows } from '../transfer/support/sources.js';
import { useTransferRoom } from '../transfer/support/transfer-room.js';

const room = useTransferRoom();

describe('nestjs-turso doctor', () => {
  it('tells what a file and a server are', async () => {
    const source = await createLongSource(100);

    const { exitCode, stdout } = await runCli(['doctor', source, room.server.url]);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ok +quick check +ok$/m);
    expect(stdout).toMatch(/^ok +journal mode +wal$/m);
    expect(stdout).toMatch(/^ok +server +sqld 0\.\d+/m);
    expect(stdout).toMatch(/^ok +round trip +\d+\.\d ms$/m);
    expect(stdout).toMatch(/^ok +compression +brotli when asked/m);
    expect(stdout).toMatch(/^ok +limits +32766 variables/m);
    expect(stdout).toMatch(/^warn +files +readfile and writefile/m);
    expect(stdout).toMatch(/^ok +clock +as here$/m);
    expect(stdout).toMatch(/^ok +content +empty$/m);
  });

  it('finds what stands in the way of a file', async () => {
    const source = await createSource((db) => {
      db.pragma('encoding = "UTF-16le"');
      db.pragma('journal_mode = DELETE');
      db.exec(`PRAGMA foreign_keys = OFF; CREATE TABLE p (id INTEGER PRIMARY KEY);
        CREATE TABLE c (p REFERENCES p (id)); INSERT INTO c VALUES (1)`);
    });

    const { exitCode, stdout } = await runCli(['doctor', source, '--json']);

    const { databases } = JSON.parse(stdout) as { databases: Diagnosis[] };
    const warnings = databases[0]?.findings.filter(({ level }) => level === 'warn').map(({ check }) => check);
    expect([exitCode, warnings]).toEqual([0, ['journal mode', 'encoding', 'references']]);
  });

  it('ends with 1 when a file is damaged', async () => {
    const source = await createLongSource(2_000);
    const bytes = await readFile(source);
    bytes.fill(0xab, bytes.length - 20_000, bytes.length - 8_000);
    await writeFile(source, bytes);

    const { exitCode, stdout } = await runCli(['doctor', source]);

    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/^fail +\S/m)]);
  });

  it('ends with 1 when a token is refused, and shows no token', async () => {
    const server = await startSqld({ jwt: true });

    const { exitCode, stdout, stderr } = await runCli(['doctor', server.url], {
      TURSO_AUTH_TOKEN: server.expiredToken,
    });
    await server.stop();

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^fail +token expiry +it ended at \d{4}-/m);
    expect(stdout).toMatch(/^fail +reachable/m);
    expect(stdout + stderr).not.toContain(server.expiredToken);
  });

  it('tells a clock that differs', async () => {
    const front = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const { method = 'GET', url } = request;
        const body = method === 'POST' ? Buffer.concat(chunks) : undefined;
        const answer = await fetch(`${room.server.url}${url}`, { method, body });
        response.setHeader('date', new Date(Date.now() - 60_000).toUTCString());
        response.end(Buffer.from(await answer.arrayBuffer()));
      })().catch(() => response.destroy());
    });
    await once(front.listen(0, '127.0.0.1'), 'listening');

    const { stdout } = await runCli(['doctor', `http://127.0.0.1:${(front.address() as AddressInfo).port}`]);
    front.closeAllConnections();
    front.close();

    expect(stdout).toMatch(/^warn +clock +\d\d s apart/m);
    expect(stdout).toMatch(/^ok +compression +none$/m);
  });

  it.each<[string, object | string, string[]]>([
    ['none', '', ['warn']],
    ['one that is no JSON web token', 'opaque', ['warn']],
    ['one that never ends', { a: 'rw' }, ['ok', 'ok']],
    ['one that ends soon and only reads', { a: 'ro', exp: 1_003 }, ['warn', 'warn']],
    ['one that has ended', { exp: 999 }, ['fail', 'ok']],
  ])('reads a token: %s', (_name, claims, levels) => {
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const token = typeof claims === 'string' ? claims || undefined : `header.${payload}.signature`;

    expect(checkToken(token, true, 1_000_000).map(({ level }) => level)).toEqual(levels);
  });
});

describe('nestjs-turso status', () => {
  it('tells tables and rows', async () => {
    const source = await createLongSource(100);
    await runCli(['copy', source, room.server.url]);

    const file = await runCli(['status', source]);
    const server = await runCli(['status', room.server.url, '--json']);

    expect([file.exitCode, server.exitCode]).toEqual([0, 0]);
    expect(file.stdout).toMatch(
      /journal mode wal\ntable +rows\nf +2\nkeyless +100\nnumbered +100\nwords +100\n/,
    );
    expect(file.stdout).toContain('no transfer is under way');
    expect(JSON.parse(server.stdout)).toMatchObject({
      tables: [{ name: 'f', rows: 2 }, { name: 'keyless' }, { name: 'numbered' }, { name: 'words' }],
      journalMode: 'wal',
    });
  });

  it('ends with 4 while a copy is not finished, on both sides', async () => {
    const source = await createSourceWithBadRows();
    expect((await runCli(['copy', source, room.server.url])).exitCode).toBe(4);

    const file = await runCli(['status', source]);
    const server = await runCli(['status', room.server.url]);
    const doctor = await runCli(['doctor', room.server.url]);

    expect([file.exitCode, server.exitCode]).toEqual([4, 4]);
    expect(file.stdout).toContain('a transfer is not finished: a copy to 127.0.0.1');
    expect(server.stdout).toContain('a transfer is not finished: loading rows, ');
    expect(doctor.stdout).toMatch(/^warn +transfer +one is not finished/m);
  });
});

describe('nestjs-turso backup and restore', () => {
  it('make a copy and bring it back', async () => {
    const source = await createLongSource(100);
    const copy = `${source}.copy`;

    const made = await runCli(['backup', source, copy, '--verify']);
    const again = await runCli(['backup', source, copy]);
    const db = new BetterSqlite3(source);
    db.exec('DELETE FROM keyless');
    const inUse = await runCli(['restore', copy, source, '--force']);
    db.close();
    const restored = await runCli(['restore', copy, source, '--force', '--json']);

    expect([made.exitCode, again.exitCode, inUse.exitCode, restored.exitCode]).toEqual([0, 1, 6, 0]);
    expect(made.stdout).toMatch(/keyless +100 {2}[0-9a-f]{16}\n/);
    expect(made.stdout).toContain('verified: source and copy are equal');
    expect(inUse.stderr).toContain('TRANSFER_FILE_IN_USE');
    expect(JSON.parse(restored.stdout)).toMatchObject({ exitCode: 0, checked: true });
    const back = new BetterSqlite3(source, { readonly: true });
    expect(back.prepare('SELECT count(*) FROM keyless').pluck().get()).toBe(100);
    back.close();
  });

  it('do the same with a server', async () => {
    const source = await createLongSource(100);

    const restored = await runCli(['restore', source, room.server.url]);
    const backup = await runCli(['backup', room.server.url, `${source}.copy`]);

    expect([restored.exitCode, backup.exitCode]).toEqual([0, 0]);
    expect(backup.stdout).toMatch(/keyless +100 {2}/);
  });
});
