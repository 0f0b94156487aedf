import { expect, it } from '@jest/globals';
import { createSource } from '../transfer/support/create-source.js';
import { runCli } from '../transfer/support/run-cli.js';
import { useTransferRoom } from '../transfer/support/transfer-room.js';

const room = useTransferRoom();

/** "Günter" as a Latin-1 program wrote it. */
const bytes = '47FC6E746572';

const createTorn = (): Promise<string> =>
  createSource((db) =>
    db.exec(`CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT);
      INSERT INTO note VALUES (1, 'plain'), (2, CAST(x'${bytes}' AS TEXT))`),
  );

it.each([
  ['blob', 'blob', bytes],
  ['replace', 'text', '47EFBFBD6E746572'],
  ['keep', 'text', bytes],
])('--invalid-utf8 %s copies and verifies text that is none', async (policy, type, hex) => {
  const source = await createTorn();

  const copied = await runCli(['copy', source, room.server.url, '--invalid-utf8', policy]);
  const verified = await runCli(['verify', source, room.server.url, '--invalid-utf8', policy]);

  expect([copied.exitCode, verified.exitCode]).toEqual([0, 0]);
  expect(copied.stderr + copied.stdout).toContain(`1 texts are no valid Unicode: ${policy}`);
  expect(await room.target.all('SELECT id, typeof(body), hex(body) FROM note')).toEqual([
    [1, 'text', '706C61696E'],
    [2, type, hex],
  ]);
});

it.each([[[]], [['--invalid-utf8', 'stop']]])('text that is none stops a copy with %j', async (option) => {
  const { exitCode, stderr } = await runCli(['copy', await createTorn(), room.server.url, ...option]);

  expect([exitCode, /invalid-text note/.test(stderr)]).toEqual([1, true]);
  expect(await room.target.all('SELECT name FROM sqlite_schema')).toEqual([]);
});
