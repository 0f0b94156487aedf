import { beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { ReplicaFiles } from '../../lib/drivers/replica/replica-files.js';
import { newPath } from './replica-setup.js';

const address = 'http://primary.example';
const synced = { frame: 7n, historyId: '61'.repeat(16), namesFrames: true, syncedAt: 1_800_000_000_000 };

describe('the files of a replica', () => {
  let path: string;
  beforeEach(async () => {
    path = await newPath();
    await writeFile(path, 'database');
    await writeFile(`${path}-wal`, 'h'.repeat(32));
    await writeFile(`${path}-client_wal_index`, 'a'.repeat(32));
    const files = new ReplicaFiles(path, address);
    await files.lookAgain();
    await files.remember(synced);
  });

  it('are known to the next process as the last sync left them', async () => {
    const files = new ReplicaFiles(path, address);

    expect(await files.recall()).toEqual(synced);
    expect(await files.areUntouched()).toBe(true);
  });

  it('may hold more of the log than was told of, by a process that was killed, and nothing more from then on', async () => {
    await appendFile(`${path}-wal`, 'frame');
    const files = new ReplicaFiles(path, address);
    const known = await files.recall();
    const before = await files.areUntouched();
    await appendFile(`${path}-wal`, 'frame');

    expect(known).toEqual(synced);
    expect([before, await files.areUntouched()]).toEqual([true, false]);
  });

  it('are known as they are since the log was emptied', async () => {
    const first = new ReplicaFiles(path, address);
    await first.recall();
    await writeFile(path, 'a longer database');
    await rm(`${path}-wal`);
    await first.lookAgain(true);
    await first.remember(synced);

    expect(await new ReplicaFiles(path, address).recall()).toEqual(synced);
  });

  it('of another primary are not known', async () => {
    expect(await new ReplicaFiles(path, 'http://other.example').recall()).toBeUndefined();
  });

  it.each([
    ['no time', { syncedAt: undefined }],
    ['null for a time', { syncedAt: null }],
    ['a word for a time', { syncedAt: 'yesterday' }],
    ['digits for a time', { syncedAt: '1800000000000' }],
    ['a time before all dates', { syncedAt: -1e300 }],
    ['a time behind all dates', { syncedAt: 1e300 }],
    ['no look', { look: undefined }],
    ['null for a log', { look: { log: null } }],
    ['a log without a size', { look: { log: {} } }],
    ['a word for a switch', { namesFrames: 'no' }],
    ['no history', { historyId: undefined }],
    ['a number for a frame', { frame: 7 }],
  ])('are not known where the note of them holds %s', async (_title, change) => {
    const note = `${path}-state.json`;
    const state = JSON.parse(await readFile(note, 'utf8')) as object;
    await writeFile(note, JSON.stringify({ ...state, ...change }));

    expect(await new ReplicaFiles(path, address).recall()).toBeUndefined();
  });
});
