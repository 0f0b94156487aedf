import { beforeAll, describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { copyFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { copyDatabase, TransferInterruptedError } from '../../lib/transfer/index.js';
import { resolveTransferOptions } from '../../lib/transfer/resolve-transfer-options.js';
import { readCheckpoint, type Checkpoint, type LoadState } from '../../lib/transfer/target/checkpoint.js';
import { Ledger } from '../../lib/transfer/target/ledger.js';
import { TargetDatabase } from '../../lib/transfer/target/target-database.js';
import type { Fault } from '../support/fault-proxy.js';
import { createTempFolder } from '../support/temp-folder.js';
import { readEverything } from './support/read-everything.js';
import { readSource } from './support/read-source.js';
import { createLongSource } from './support/sources.js';
import { useTransferRoom } from './support/transfer-room.js';

const room = useTransferRoom();
let source: string;

beforeAll(async () => {
  source = await createLongSource();
});

const commits = (request: string): boolean => request.includes('UPDATE nestjs_turso_transfer');
const loads = (request: string): boolean => commits(request) && request.includes('INSERT OR ABORT');
const indexes = (request: string): boolean => commits(request) && request.includes('CREATE INDEX');

describe('a copy loses and doubles nothing when', () => {
  const faults: [string, Fault][] = [
    ['a connection is cut before a commit', { kind: 'reset-before-forward' }],
    ['a connection is cut behind a commit', { kind: 'reset-after-forward' }],
    ['an answer to a commit is cut in half', { kind: 'fin-mid-body' }],
    ['a gateway fails behind a commit', { kind: 'respond', status: 502, afterForward: true }],
    ['a gateway fails before a commit', { kind: 'respond', status: 503 }],
    [
      'a gateway sends a page instead of an answer',
      { kind: 'respond', status: 200, body: '<html>', afterForward: true },
    ],
  ];

  it.each(faults)('%s', async (_name, fault) => {
    room.proxy.inject(fault, { requests: 3, when: loads });
    room.proxy.inject(fault, { requests: 1, when: indexes });

    const report = await copyDatabase({ source, target: { url: room.proxy.url } });

    expect(report.verification.differences).toEqual([]);
    await expectExact();
  });

  it('the server is killed and comes back', async () => {
    let kills = 0;
    let isUp = true;
    const restarts: Promise<void>[] = [];
    const onProgress = ({ stage }: { stage: string }): void => {
      if (stage !== 'rows' || kills === 3 || !isUp) return;
      kills++;
      isUp = false;
      const restart = async (): Promise<void> => {
        await room.server.kill('SIGKILL');
        await room.server.restart();
        isUp = true;
      };
      restarts.push(restart());
    };

    const report = await copyDatabase({ source, target: { url: room.server.url }, onProgress });
    await Promise.all(restarts);

    expect(report.verification.differences).toEqual([]);
    expect(kills).toBeGreaterThan(1);
    await expectExact();
  });
});

describe('an interrupted copy', () => {
  it('stops between two commits and goes on', async () => {
    const copyUntilRows = (resume: boolean): Promise<unknown> => {
      const stopping = new AbortController();
      const onProgress = ({ stage }: { stage: string }): void => {
        if (stage === 'rows') stopping.abort();
      };
      const options = { source, target: { url: room.server.url }, resume, onProgress };
      return copyDatabase({ ...options, signal: stopping.signal });
    };
    for (let interruptions = 0; interruptions < 2; interruptions++)
      await expect(copyUntilRows(interruptions > 0)).rejects.toBeInstanceOf(TransferInterruptedError);

    const report = await copyDatabase({ source, target: { url: room.server.url }, resume: true });

    expect(report.verification.differences).toEqual([]);
    await expectExact();
    await expect(stat(`${source}.transfer`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('copies what the source was when it began', async () => {
    const before = await readSource(source);
    await interrupt();
    const db = new BetterSqlite3(source);
    db.exec(`INSERT INTO words VALUES ('later', 1)`);
    try {
      await copyDatabase({ source, target: { url: room.server.url }, resume: true });

      expect(await readTarget()).toEqual(before);
    } finally {
      db.exec(`DELETE FROM words WHERE w = 'later'`);
      db.close();
    }
  });

  it('gives up on a server that stays away, and goes on later', async () => {
    room.proxy.inject({ kind: 'respond', status: 503 }, { when: loads });
    const options = { source, target: { url: room.proxy.url }, patienceMs: 300 };

    await expect(copyDatabase(options)).rejects.toMatchObject({
      code: 'TRANSFER_INTERRUPTED',
      kind: 'unavailable',
    });
    room.proxy.clear();
    const report = await copyDatabase({ ...options, resume: true });

    expect(report.verification.differences).toEqual([]);
    await expectExact();
  });

  it('gives up, or stops, where its books cannot be opened', async () => {
    const opens = (request: string): boolean => request.includes('CREATE TABLE nestjs_turso_transfer');
    room.proxy.inject({ kind: 'reset-before-forward' }, { when: opens });
    const options = { source, target: { url: room.proxy.url } };

    await expect(copyDatabase({ ...options, patienceMs: 300 })).rejects.toMatchObject({
      code: 'TRANSFER_INTERRUPTED',
      kind: 'unavailable',
    });
    const stopped = copyDatabase({ ...options, resume: true, signal: AbortSignal.timeout(500) });
    await expect(stopped).rejects.toMatchObject({ code: 'TRANSFER_INTERRUPTED', kind: 'aborted' });
    await rm(`${source}.transfer`, { recursive: true });
  });

  it('opens its books once where the reply is lost', async () => {
    const opens = (request: string): boolean => request.includes('CREATE TABLE nestjs_turso_transfer');
    room.proxy.inject({ kind: 'reset-after-forward' }, { requests: 1, when: opens });

    expect((await copyDatabase({ source, target: { url: room.proxy.url } })).verification.equal).toBe(true);
  });

  it('is not begun again by mistake', async () => {
    await interrupt();

    const again = copyDatabase({ source, target: { url: room.server.url } });

    await expect(again).rejects.toMatchObject({ code: 'TRANSFER_UNFINISHED' });
    await copyDatabase({ source, target: { url: room.server.url }, resume: true });
  });

  it('goes on with its own target, policy and snapshot alone', async () => {
    await interrupt();
    const resume = { source, target: { url: room.server.url }, resume: true };

    await expect(copyDatabase({ ...resume, target: { url: room.proxy.url } })).rejects.toMatchObject({
      code: 'TRANSFER_CONFLICT',
    });
    await expect(copyDatabase({ ...resume, invalidUtf8: 'blob' })).rejects.toMatchObject({
      code: 'TRANSFER_OPTION_INVALID',
    });
    // nothing was begun there, and the target is not empty
    await expect(copyDatabase({ ...resume, workFolder: `${source}.other` })).rejects.toMatchObject({
      code: 'TRANSFER_CONFLICT',
    });
    const snapshot = new BetterSqlite3(`${source}.transfer/snapshot.db`);
    // of the same size
    snapshot.exec(`UPDATE keyless SET a = 'SAME' WHERE rowid = 1`);
    snapshot.close();
    await expect(copyDatabase(resume)).rejects.toMatchObject({ code: 'TRANSFER_SNAPSHOT_CHANGED' });
    await rm(`${source}.transfer`, { recursive: true });
  });

  it('goes on with its own source alone', async () => {
    await interrupt();
    const workFolder = dirname(source);
    const other = join(await createTempFolder('other'), basename(source));
    await copyFile(source, other);

    const resumed = copyDatabase({
      source: other,
      target: { url: room.server.url },
      workFolder,
      resume: true,
    });

    await expect(resumed).rejects.toMatchObject({ code: 'TRANSFER_CONFLICT' });
    await rm(`${source}.transfer`, { recursive: true });
  });

  it('ends when somebody else works on its target', async () => {
    await interrupt();
    const database = new TargetDatabase(resolveTransferOptions({ source, target: { url: room.server.url } }));
    const checkpoint = (await readCheckpoint(database)) as Checkpoint;
    await room.target.run('UPDATE nestjs_turso_transfer SET position = position + 1');

    const insert = { sql: `INSERT INTO keyless VALUES ('late', 0)`, want_rows: false };
    const late = new Ledger(database, checkpoint).advance([insert], { stage: 'rows', item: 0, rows: 1 });

    await expect(late).rejects.toMatchObject({ code: 'TRANSFER_CONFLICT' });
    expect(await room.target.all(`SELECT count(*) FROM keyless WHERE a = 'late'`)).toEqual([[0]]);
    database.close();
    await rm(`${source}.transfer`, { recursive: true });
  });

  const losses: [string, Fault, boolean[], number][] = [
    ['is lost', { kind: 'reset-before-forward' }, [false, false], 0],
    ['arrives and its answer is lost', { kind: 'reset-after-forward' }, [false, true], 2],
  ];
  it.each(losses)('applies nothing behind a piece that %s, unless it was applied', async (...loss) => {
    const [, fault, answered, applied] = loss;
    await interrupt();
    const database = new TargetDatabase(resolveTransferOptions({ source, target: { url: room.proxy.url } }));
    const ledger = new Ledger(database, (await readCheckpoint(database)) as Checkpoint);
    const pieces = ['first', 'second'].map((name, index) => ({
      statements: [{ sql: `INSERT INTO keyless VALUES ('${name}', 0)`, want_rows: false }],
      to: { stage: 'rows', item: 0, rows: 100_000 + index } as const,
    }));
    room.proxy.inject(fault, { requests: 1, when: (request) => request.includes(`'first'`) });

    const endings: boolean[] = [];
    for (const piece of pieces)
      endings.push(
        await ledger.send(piece).then(
          () => true,
          () => false,
        ),
      );

    expect([endings, await ledger.settle()]).toEqual([answered, applied]);
    const found = await room.target.all(`SELECT a FROM keyless WHERE b = 0 AND a <> 'same' ORDER BY rowid`);
    expect(found.map(([name]) => name)).toEqual(['first', 'second'].slice(0, applied));
    database.close();
    await rm(`${source}.transfer`, { recursive: true });
  });

  it('takes a piece that arrives twice for one', async () => {
    await interrupt();
    const database = new TargetDatabase(resolveTransferOptions({ source, target: { url: room.server.url } }));
    const checkpoint = (await readCheckpoint(database)) as Checkpoint;
    const insert = { sql: `INSERT INTO keyless VALUES ('twice', 0)`, want_rows: false };
    const next: LoadState = { stage: 'rows', item: 0, rows: 1 };

    await new Ledger(database, checkpoint).advance([insert], next);
    await new Ledger(database, checkpoint).advance([insert], next);

    expect(await room.target.all(`SELECT count(*) FROM keyless WHERE a = 'twice'`)).toEqual([[1]]);
    database.close();
    await rm(`${source}.transfer`, { recursive: true });
  });
});

async function interrupt(): Promise<void> {
  const stopping = new AbortController();
  const onProgress = ({ stage }: { stage: string }): void => {
    if (stage === 'rows') stopping.abort();
  };
  const options = { source, target: { url: room.server.url }, signal: stopping.signal, onProgress };
  await expect(copyDatabase(options)).rejects.toBeInstanceOf(TransferInterruptedError);
}

async function expectExact(): Promise<void> {
  expect(await readTarget()).toEqual(await readSource(source));
}

async function readTarget(): Promise<Record<string, string[]>> {
  return { ...(await room.target.session((all) => readEverything(all))), encoding: ['UTF-8'] };
}
