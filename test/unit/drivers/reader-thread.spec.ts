import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ReaderThread, type ThreadTask } from '../../../lib/drivers/sqlite/reader-thread.js';
import type { JobKind, RowsReply } from '../../../lib/drivers/sqlite/thread-protocol.js';
import { createTempDatabase } from '../../support/temp-database.js';

describe('ReaderThread', () => {
  it('that cannot be started tells so, and is gone', async () => {
    const told: unknown[] = [];
    // what no message can hold makes the constructor throw, as a limit of threads does
    const path = (() => undefined) as unknown as string;
    const settings = { path, readonly: true, pragmas: [], intMode: 'number' } as const;
    const thread = new ReaderThread(settings, {
      onOpened: () => told.push('opened'),
      onIdle: () => told.push('idle'),
      onUnusable: (_thread, error) => told.push(error),
      onGone: () => told.push('gone'),
    });
    expect(told).toEqual([]);
    await thread.gone;

    expect(told).toMatchObject([{ kind: 'unavailable', outcome: 'not-applied' }, 'gone']);
  });
});

describe('the rows of a thread', () => {
  let thread: ReaderThread;
  beforeEach(async () => {
    const { path } = await createTempDatabase();
    new BetterSqlite3(path).exec('CREATE TABLE t (a)').close();
    const settings = { path, readonly: true, pragmas: [], intMode: 'number' } as const;
    thread = await new Promise((resolve, reject) => {
      new ReaderThread(settings, {
        onOpened: () => undefined,
        onIdle: resolve,
        onUnusable: (_thread, error) => reject(error),
        onGone: () => undefined,
      });
    });
  });
  afterEach(async () => {
    thread.end();
    await thread.gone;
  });

  const countTo = (n: number, answer: string): string =>
    `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${n}) SELECT ${answer} FROM c`;

  /** Runs a statement: a read takes every message, a stream the first. @returns the messages so far, and a wait for the next one */
  function run(
    kind: JobKind,
    sql: string,
  ): { task: ThreadTask; replies: RowsReply[]; next: () => Promise<void> } {
    const replies: RowsReply[] = [];
    let told: (error?: Error) => void = () => undefined;
    const task: ThreadTask = {
      sql,
      args: [],
      kind,
      onRows: (reply) => {
        replies.push(reply);
        told();
        return kind === 'read';
      },
      onError: (error) => told(error as Error),
    };
    const next = (): Promise<void> =>
      new Promise((resolve, reject) => {
        told = (error) => (error === undefined ? resolve() : reject(error));
      });
    thread.run([task]);
    return { task, replies, next };
  }

  it.each([
    ['4,096 values', countTo(20_000, 'n'), [4_096, 4_096, 4_096, 4_096, 3_616]],
    ['256 KB of text', countTo(7, "printf('%.*c', 100000, 'x')"), [3, 3, 1]],
    ['256 KB of blobs', countTo(7, 'zeroblob(100000)'), [3, 3, 1]],
  ])('come in messages of %s, so that none keeps the event loop long', async (_size, sql, expected) => {
    const { replies, next } = run('read', sql);
    while (replies.at(-1)?.done !== true) await next();

    expect(replies.map(({ values }) => values.length)).toEqual(expected);
    expect(replies.filter(({ done }) => done)).toHaveLength(1);
  });

  it('are read no further ahead in a stream than they are asked for', async () => {
    const stream = run('stream', countTo(10_000, 'n'));
    await stream.next();
    const other = run('read', 'SELECT 1');
    await other.next();
    const before = stream.replies.length;
    const more = stream.next();
    thread.more(stream.task);
    await more;

    expect([before, stream.replies.length]).toEqual([1, 2]);
  });
});
