import { afterEach, describe, expect, it } from '@jest/globals';
import { copyFile, mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyDatabase, type CopyOptions } from '../../lib/transfer/index.js';
import { failureOf } from '../contract/facts.js';
import { createSource } from './support/create-source.js';
import { usePlacementRoom, type AdminFront } from './support/placement-room.js';
import { createTestTarget } from './support/target.js';

const room = usePlacementRoom();

const folder = (): string => join(room.server.dataDir, 'dbs', room.namespace);

let admin: AdminFront;

afterEach(() => admin.close());

/** A copy that ends when the nth request of this method is refused. */
async function interrupt(method: string, nth: number): Promise<void> {
  let seen = 0;
  admin = await room.startAdminFront((found, pass) =>
    found === method && ++seen === nth ? Promise.resolve(503) : pass(),
  );
  await expectRefused('TRANSFER_INTERRUPTED', room.through(admin));
}

const resume = (): CopyOptions => room.through(admin, { resume: true });

const expectRefused = (code: string, options: CopyOptions): Promise<void> =>
  expect(copyDatabase(options)).rejects.toMatchObject({ code });

async function expectResumed(): Promise<void> {
  const { verification } = await copyDatabase(resume());
  expect(verification.equal).toBe(true);
  await room.expectCopied();
}

describe('a copy by way of the file, where somebody else is at work', () => {
  it('leaves an empty database that was made behind an interruption, and goes on when it is gone', async () => {
    await interrupt('POST', 1);
    await room.create();

    const { message } = await failureOf(copyDatabase(resume()));
    const [, removal = ''] = /"curl -X DELETE ADMIN_URL(.*)"/.exec(message) ?? [];

    expect(message).toMatch(/^TRANSFER_CONFLICT: an empty database .* is there/);
    expect(await room.exists()).toBe(true);
    expect((await room.ask('DELETE', removal)).status).toBe(200);
    await expectResumed();
  });

  it('leaves the database of its own rehearsal when somebody has begun to use it', async () => {
    await interrupt('DELETE', 1);
    const target = createTestTarget(room.front.url);
    await target.run('CREATE TABLE theirs (a)', 'INSERT INTO theirs VALUES (7)');

    await expectRefused('TRANSFER_CONFLICT', resume());
    expect(await target.all('SELECT a FROM theirs')).toEqual([[7]]);
  });

  it.each(['WAL', 'DELETE'])('leaves a file in mode %s that somebody else has put there', async (mode) => {
    await interrupt('POST', 1);
    await mkdir(folder());
    const source = await createSource((db) =>
      db.exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE theirs (a)`),
    );
    await copyFile(source, join(folder(), 'data'));
    const theirs = await readFile(join(folder(), 'data'));

    await expectRefused('TRANSFER_CONFLICT', resume());
    expect(await readdir(folder())).toEqual(['data']);
    expect((await readFile(join(folder(), 'data'))).equals(theirs)).toBe(true);
    await rm(folder(), { recursive: true });
    await expectResumed();
  });

  it('leaves an empty folder that came at the last moment', async () => {
    let isMade = false;
    admin = await room.startAdminFront(async (method, pass) => {
      if (method !== 'DELETE' || isMade) return pass();
      isMade = true;
      await room.remove();
      await mkdir(folder());
      return 200;
    });

    await expectRefused('TRANSFER_CONFLICT', room.through(admin));
    expect(await readdir(folder())).toEqual([]);
    await expectRefused('TRANSFER_CONFLICT', resume());
    await rmdir(folder());
    await expectResumed();
  });

  it('may have ended, as a resume without a record says', async () => {
    admin = await room.startAdminFront((_method, pass) => pass());
    await copyDatabase(room.through(admin));

    const message = expect.stringMatching(/exists already.*run "verify"/);
    await expect(copyDatabase(resume())).rejects.toMatchObject({
      code: 'TRANSFER_NAMESPACE_EXISTS',
      message,
    });
  });

  it.each([
    ['looked a second time', 'GET', 2],
    ['made it', 'POST', 1],
  ])('has not begun when somebody makes the database before it has %s', async (_name, method, nth) => {
    let seen = 0;
    admin = await room.startAdminFront(async (found, pass) => {
      if (found === method && ++seen === nth) await room.create();
      await pass();
    });

    await expectRefused('TRANSFER_CONFLICT', resume());
    expect(await room.exists()).toBe(true);
    await room.expectNothingLeft();
  });
});
