import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmod, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { planTransfer, verifyTransfer } from '../../lib/transfer/index.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { readSource } from './support/read-source.js';
import { createLongSource } from './support/sources.js';

let server: SqldServer;

beforeAll(async () => {
  server = await startSqld();
});

afterAll(() => server.stop());

describe('the work folder', () => {
  it('is one of its own in the folder that is named, where a source may lie', async () => {
    const path = await createLongSource(10);
    const source = join(dirname(path), 'snapshot.db');
    await rename(path, source);
    const before = await readSource(source);

    await planTransfer({ source, target: { url: server.url }, workFolder: dirname(source) });

    expect(await readSource(source)).toEqual(before);
    expect(await readdir(dirname(source))).not.toContain('snapshot.db.transfer');
  });

  it('is none that holds something else', async () => {
    const source = await createLongSource(10);
    await mkdir(`${source}.transfer`);
    await writeFile(`${source}.transfer/snapshot.db`, 'mine');

    const plan = planTransfer({ source, target: { url: server.url } });

    await expect(plan).rejects.toMatchObject({ code: 'TRANSFER_FOLDER_FOREIGN' });
    expect(await readFile(`${source}.transfer/snapshot.db`, 'utf8')).toBe('mine');
  });

  it('is read by its owner alone, also when it was there', async () => {
    const source = await createLongSource(10);
    await mkdir(`${source}.transfer`);
    await chmod(`${source}.transfer`, 0o755);
    const modes: Promise<number>[] = [];
    const onProgress = (): void =>
      void modes.push(stat(`${source}.transfer`).then(({ mode }) => mode & 0o777));

    await planTransfer({ source, target: { url: server.url }, onProgress });

    expect(await modes[0]).toBe(0o700);
  });

  it('belongs to one transfer at a time', async () => {
    const source = await createLongSource(10);
    const options = { source, target: { url: server.url } };
    const others: Promise<unknown>[] = [];
    const onProgress = (): void => {
      if (others.length === 0) others.push(verifyTransfer(options).catch((error: unknown) => error));
    };

    const { problems } = await planTransfer({ ...options, onProgress });

    expect(problems).toEqual([]);
    expect(await others[0]).toMatchObject({ code: 'TRANSFER_BUSY' });
  });

  it('is taken over from a transfer that was killed', async () => {
    const source = await createLongSource(10);
    await mkdir(`${source}.transfer`);
    for (const name of ['lock.db', 'snapshot.db.partial'])
      await writeFile(join(`${source}.transfer`, name), '');

    const { problems } = await planTransfer({ source, target: { url: server.url } });

    expect(problems).toEqual([]);
    await expect(stat(`${source}.transfer`)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
