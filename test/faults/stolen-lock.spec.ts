import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sendSql } from '../unit/support/send-sql.js';
import { failureOf } from '../contract/facts.js';
import { openOwnRoom, type FaultRoom } from './support/fault-room.js';

/** The server gives the lock to a writer that has waited for 5 s, so every fact here waits that long: all at once. */
const waiting: [string, (room: FaultRoom) => Promise<void>][] = [
  [
    'leaves nothing of three statements that follow, and their transaction cannot commit',
    async (room) => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('robbed')");
      await rob(room);
      const settled = await Promise.allSettled([
        tx.execute("INSERT INTO books VALUES ('1')"),
        tx.execute("INSERT INTO books VALUES ('2')"),
        tx.executeMultiple("INSERT INTO books VALUES ('3'); INSERT INTO books VALUES ('4')"),
      ]);
      const commit = await failureOf(tx.commit());

      expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      expect(settled[0]).toMatchObject({ reason: { kind: 'busy', outcome: 'not-applied' } });
      expect([commit.code, commit.outcome, tx.closed]).toEqual(['TRANSACTION_CLOSED', 'not-applied', true]);
      expect(await room.names()).toEqual(['robber']);
    },
  ],
  [
    'is told by the commit when nothing else follows',
    async (room) => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('robbed')");
      await rob(room);

      expect(await failureOf(tx.commit())).toMatchObject({ kind: 'busy', outcome: 'not-applied' });
      expect(await room.names()).toEqual(['robber']);
    },
  ],
  [
    'makes withTransaction run again',
    async (room) => {
      let runs = 0;
      await room.db.withTransaction(async (tx) => {
        await tx.execute({ sql: 'INSERT INTO books VALUES (?)', args: [`run ${++runs}`] });
        if (runs === 1) await rob(room);
        await room.db.execute("INSERT INTO books VALUES ('joined')");
      });

      expect(runs).toBe(2);
      expect(await room.names()).toEqual(['robber', 'run 2', 'joined']);
    },
  ],
  [
    'ends a nested transaction together with the outer one',
    async (room) => {
      const call = room.db.withTransaction(
        async (tx) => {
          await tx.execute("INSERT INTO books VALUES ('outer')");
          await failureOf(
            room.db.withTransaction(async (nested) => {
              await nested.execute("INSERT INTO books VALUES ('inner')");
              await rob(room);
              await nested.execute("INSERT INTO books VALUES ('late')");
            }),
          );
        },
        { maxAttempts: 1 },
      );

      expect((await failureOf(call)).outcome).toBe('not-applied');
      expect(await room.names()).toEqual(['robber']);
    },
  ],
  [
    'is not needed after a lost beginning longer than the server keeps it',
    async (room) => {
      room.proxy.inject(
        { kind: 'reset-after-forward' },
        { requests: 1, when: (text) => text.includes('BEGIN') },
      );
      let runs = 0;
      await room.db.withTransaction(async (tx) => {
        await tx.execute({ sql: 'INSERT INTO books VALUES (?)', args: [`run ${++runs}`] });
      });

      expect(runs).toBe(2);
      expect(await room.names()).toEqual(['run 2']);
    },
  ],
];

/** Another process writes, waits for 5 s and takes the lock. */
async function rob(room: FaultRoom): Promise<void> {
  await sendSql(room.server.url, "INSERT INTO books VALUES ('robber')");
}

describe('a stolen lock', () => {
  const rooms: FaultRoom[] = [];
  let results: PromiseSettledResult<void>[] = [];

  beforeAll(async () => {
    for (let index = 0; index < waiting.length; index++) {
      rooms.push(await openOwnRoom({ queryTimeoutMs: 12_000, transactionTimeoutMs: 15_000 }));
    }
    results = await Promise.allSettled(waiting.map(([, run], index) => run(rooms[index] as FaultRoom)));
  });
  afterAll(() => Promise.all(rooms.map((room) => room.close())));

  it.each(waiting.map(([title], index) => [title, index] as const))('%s', (_title, index) => {
    const result = results[index];
    if (result?.status === 'rejected') throw result.reason;
  });
});
