import { describe, expect, it } from '@jest/globals';
import type { DatabaseConnection } from '../../lib/index.js';
import { failureOf } from '../contract/facts.js';
import type { Fault } from '../support/fault.js';
import { openOwnRoom } from './support/fault-room.js';
import { useFaultRoom } from './support/use-fault-room.js';

const room = useFaultRoom();

/** The server carries the request out, and its answer is lost. */
const lost: [string, Fault][] = [
  ['a reset', { kind: 'reset-after-forward' }],
  ['an answer that is cut off', { kind: 'fin-mid-body' }],
  ['a gateway that gave up', { kind: 'respond', status: 504, afterForward: true }],
  ['a page', { kind: 'respond', status: 200, body: '<html>', afterForward: true }],
];
const carries = (part: string) => (text: string) => text.includes(part);
const insert = 'INSERT INTO books VALUES (?)';

describe.each(lost)('after %s', (_name, fault) => {
  it.each<[string, (db: DatabaseConnection) => Promise<unknown>]>([
    ['a read', (db) => db.execute('SELECT count(*) FROM books')],
    ['a read that begins with WITH', (db) => db.execute('WITH b AS (SELECT * FROM books) SELECT * FROM b')],
    ['a batch of reads', (db) => db.batch(['SELECT 1 FROM books', 'SELECT 2'], 'read')],
  ])('%s is sent once more, and answers', async (_kind, read) => {
    room.proxy.inject(fault, { requests: 1, when: carries('books') });

    await read(room.db);

    expect(room.db.status().retries).toBe(1);
  });

  it('a write is never sent again', async () => {
    room.proxy.inject(fault, { requests: 1, when: carries('INSERT') });

    expect(await failureOf(room.db.execute(insert, ['a']))).toMatchObject({ outcome: 'unknown' });
    expect([await room.names(), room.db.status().retries]).toEqual([['a'], 0]);
  });

  it('a WITH that writes is never sent again', async () => {
    room.proxy.inject(fault, { requests: 1, when: carries('INSERT') });
    const sql = "WITH n AS (SELECT 'a' AS name) INSERT INTO books SELECT name FROM n";

    expect(await failureOf(room.db.execute(sql))).toMatchObject({ outcome: 'unknown' });
    expect(await room.names()).toEqual(['a']);
  });

  it('a write whose caller declared it idempotent is sent once more', async () => {
    room.proxy.inject(fault, { requests: 1, when: carries('INSERT') });
    const view = room.db.withOptions({ idempotent: true });
    await room.db.execute({ sql: insert, args: ['a'], idempotent: true });
    room.proxy.inject(fault, { requests: 1, when: carries('INSERT') });
    await view.batch([{ sql: insert, args: ['b'] }], 'write');

    // twice each: this table does not keep the caller's word
    expect(await room.names()).toEqual(['a', 'a', 'b', 'b']);
  });

  it('a write stays unknown when its further attempt is refused', async () => {
    room.proxy.inject(fault, { requests: 1, when: carries('INSERT') });
    room.proxy.inject({ kind: 'respond', status: 429 }, { when: carries('INSERT') });
    const failure = await failureOf(room.db.execute({ sql: insert, args: ['a'], idempotent: true }));

    expect(failure).toMatchObject({ outcome: 'unknown' });
    expect(await room.names()).toEqual(['a']);
  });
});

describe('a call that is sent again', () => {
  it('is sent twice at most when its outcome stays unknown', async () => {
    room.proxy.inject({ kind: 'reset-after-forward' }, { when: carries('books') });

    expect(await failureOf(room.db.execute('SELECT * FROM books'))).toMatchObject({ code: 'ECONNRESET' });
    expect(room.db.status().retries).toBe(1);
  });

  it('is not sent again to a server that it took down', async () => {
    const own = await openOwnRoom();
    let sent = 0;
    const count = (text: string): boolean => {
      if (text.includes('books')) sent++;
      return false;
    };
    own.proxy.inject({ kind: 'none' }, { when: count });
    const poison = `SELECT 1${' + 1'.repeat(30_000)} FROM books`;
    const failure = await failureOf(own.db.execute({ sql: poison, timeoutMs: 5_000 }));
    const retried = await failureOf(own.db.ping());
    await own.close();

    expect([failure, retried]).toEqual([
      expect.objectContaining({ kind: 'unavailable' }),
      expect.objectContaining({ kind: 'unavailable' }),
    ]);
    expect(sent).toBe(1);
  });
});

describe('a transaction that is idempotent', () => {
  it('stays unknown when it may be committed and its next run is refused', async () => {
    room.proxy.inject({ kind: 'reset-after-forward' }, { requests: 1, when: carries('COMMIT') });
    let runs = 0;
    const failure = await failureOf(
      room.db.withTransaction(
        async (tx) => {
          if (++runs > 1) throw new Error('mine');
          await tx.execute(insert, ['a']);
        },
        { idempotent: true },
      ),
    );

    expect([failure.message, runs]).toEqual(['mine', 2]);
    expect(await room.names()).toEqual(['a']);
  });
});
