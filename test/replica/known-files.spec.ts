import { beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, rm, writeFile } from 'node:fs/promises';
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
});
