import { describe, expect, it } from '@jest/globals';
import type { DatabaseConnection } from '../../lib/index.js';
import { useFaultRoom } from './support/use-fault-room.js';

const room = useFaultRoom();
const insert = "INSERT INTO books VALUES ('a')";

describe('a server is asked', () => {
  it.each<[string, number, (db: DatabaseConnection) => Promise<unknown>]>([
    ['once for a statement', 1, (db) => db.execute(insert)],
    ['once for a batch', 1, (db) => db.batch([insert, insert, 'SELECT 1'], 'write')],
    ['once for a script', 1, (db) => db.executeMultiple(`${insert}; ${insert}`)],
    ['never for an empty transaction', 0, (db) => db.withTransaction(() => Promise.resolve())],
    [
      'four times for a transaction of three statements',
      4,
      (db) =>
        db.withTransaction(async (tx) => {
          for (let n = 0; n < 3; n++) await tx.execute(insert);
        }),
    ],
    [
      'twice for a transaction of one batch',
      2,
      (db) => db.withTransaction((tx) => tx.batch([insert, insert, insert])),
    ],
  ])('%s', async (_name, times, call) => {
    await room.db.execute('SELECT 1');
    const { requests, connections } = room.proxy.counts;
    await call(room.db);

    expect(room.proxy.counts.requests - requests).toBe(times);
    expect(room.proxy.counts.connections).toBe(connections);
  });
});
