import { describe, expect, it } from '@jest/globals';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { copyDatabase, pullDatabase, verifyTransfer, type CopyOptions } from '../../lib/transfer/index.js';
import { createSource } from './support/create-source.js';
import { createLongSource } from './support/sources.js';
import { useTransferRoom } from './support/transfer-room.js';

const room = useTransferRoom();

function to(source: string): CopyOptions {
  return { source, target: { url: room.server.url } };
}

const plain = (): Promise<string> =>
  createSource((db) => db.exec('CREATE TABLE notes (a); INSERT INTO notes VALUES (1)'));

/** A counter whose table is gone. */
const leaveCounter = (name: string): string[] => [
  'CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT)',
  `INSERT INTO sqlite_sequence VALUES ('${name}', 9)`,
  'DROP TABLE counted',
];

describe('what was left over', () => {
  it('counters of this package are no data, and stay where they are', async () => {
    const names = ['transfer', 'transfer_rejects', 'transfer_sequence', 'changes', 'changes_1', 'closed'];
    const source = await createSource((db) => {
      db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t VALUES (3)');
      for (const name of names) db.exec(`INSERT INTO sqlite_sequence VALUES ('nestjs_turso_${name}', 5)`);
    });

    const copied = await copyDatabase(to(source));
    const verified = await verifyTransfer(to(source));
    const there = await room.target.all('SELECT * FROM sqlite_sequence');
    await room.target.run(`INSERT INTO sqlite_sequence VALUES ('nestjs_turso_changes', 4)`);
    const file = `${source}.back`;
    const pulled = await pullDatabase({ source: to(source).target, file });

    expect([copied.verification.differences, verified.differences, pulled.differences]).toEqual([[], [], []]);
    expect(there).toEqual([['t', 3]]);
    expect((await verifyTransfer(to(file))).equal).toBe(true);
  });

  it.each([false, true])(
    'counters on the target do not make a copy unequal, beside others: %s',
    async (others) => {
      await room.target.run(...leaveCounter('notes'), ...leaveCounter('gone'));
      if (others) await room.target.run('CREATE TABLE theirs (a)');

      const { verification } = await copyDatabase({ ...to(await plain()), intoNonEmpty: others });

      expect(verification.differences).toEqual([]);
      const left = await room.target.all('SELECT DISTINCT name FROM sqlite_sequence');
      expect(left).toEqual(others ? [['gone']] : []);
    },
  );

  it('the books of another transfer refuse a copy until they are dropped, and nothing else lasts', async () => {
    const source = await plain();
    await room.target.run('CREATE TABLE nestjs_turso_transfer (id, position, state)');
    await room.target.run(`INSERT INTO nestjs_turso_transfer VALUES ('other', 0, '{}')`);

    await expect(copyDatabase(to(source))).rejects.toMatchObject({ code: 'TRANSFER_CONFLICT' });
    expect(await readdir(dirname(source))).not.toContain('app.db.transfer');
    await room.target.run('DROP TABLE nestjs_turso_transfer');
    expect((await copyDatabase(to(source))).verification.equal).toBe(true);
  });

  it('a copy that an earlier version began, which knew no target with other objects, goes on', async () => {
    const source = await createLongSource();
    const stopping = new AbortController();
    const onProgress: CopyOptions['onProgress'] = ({ stage }) => stage === 'rows' && stopping.abort();
    await expect(copyDatabase({ ...to(source), signal: stopping.signal, onProgress })).rejects.toMatchObject({
      code: 'TRANSFER_INTERRUPTED',
    });
    const path = `${source}.transfer/transfer.json`;
    const { intoNonEmpty, ...older } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    await writeFile(path, JSON.stringify(older));

    const { verification } = await copyDatabase({ ...to(source), resume: true });

    expect([intoNonEmpty, verification.equal]).toEqual([false, true]);
  });
});
