import type { DatabaseConnection } from '../../database/database-connection.js';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { createLatch, failureOf, openEach, readColumn, readValue } from './facts.js';

const closed = { code: 'CLIENT_CLOSED', kind: 'closed', outcome: 'not-applied' };
const countSlowly =
  'WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 100000) SELECT count(*) FROM n';

/** `close()` lets work in flight finish, and nothing else begin. */
export function describeDraining(setup: ContractSetup<DatabaseConnection>, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;
  const { durable } = setup.capabilities;

  describe('closing', () => {
    const room = openEach(words, setup, { shutdownTimeoutMs: 3_000 });

    beforeEach(async () => {
      await room.db.execute('CREATE TABLE books (name TEXT)');
    });

    const namesAfterReconnect = async () => {
      await room.db.reconnect();
      return readColumn(room.db, 'SELECT name FROM books');
    };

    it('waits for a statement in flight', async () => {
      const call = readValue(room.db, countSlowly);
      await room.db.close();
      const pending = new Promise((resolve) => setImmediate(resolve, 'still running'));

      expect(await Promise.race([call, pending])).toBe(100_000);
    });

    it('waits for a transaction in flight, whose calls are no new work', async () => {
      const started = createLatch();
      const goOn = createLatch();
      const call = room.db.withTransaction(async (tx) => {
        await tx.execute("INSERT INTO books VALUES ('a')");
        started.open();
        await goOn.opened;
        await room.db.execute("INSERT INTO books VALUES ('b')");
        return 'committed';
      });
      await started.opened;
      const closing = room.db.close();
      goOn.open();
      await closing;

      expect(await call).toBe('committed');
      if (durable) expect(await namesAfterReconnect()).toEqual(['a', 'b']);
    });

    it('refuses new work from the moment of the call', async () => {
      const call = readValue(room.db, countSlowly);
      const closing = room.db.close();
      const failures = await Promise.all([
        failureOf(room.db.execute('SELECT 1')),
        failureOf(room.db.batch(['SELECT 1'], 'write')),
        failureOf(room.db.withTransaction(() => Promise.resolve())),
        failureOf(room.db.transaction('write')),
      ]);
      await Promise.all([call, closing]);

      for (const failure of failures) expect(failure).toMatchObject(closed);
    });

    it('rolls back a transaction that nobody ends', async () => {
      const tx = await room.db.transaction('write');
      await tx.execute("INSERT INTO books VALUES ('a')");
      await room.db.close();

      expect(tx.closed).toBe(true);
      expect(await failureOf(tx.execute("INSERT INTO books VALUES ('b')"))).toMatchObject({ kind: 'closed' });
      if (durable) expect(await namesAfterReconnect()).toEqual([]);
    });

    it('answers everybody who calls it', async () => {
      await Promise.all([room.db.close(), room.db.close(), room.db.close()]);

      expect(room.db.closed).toBe(true);
    });

    it('refuses withTransaction and its callback afterwards', async () => {
      await room.db.close();
      let ran = false;
      const failure = await failureOf(
        room.db.withTransaction(() => {
          ran = true;
          return Promise.resolve();
        }),
      );

      expect(failure).toMatchObject(closed);
      expect(ran).toBe(false);
    });

    if (durable) {
      it('keeps what was acknowledged before', async () => {
        await room.db.execute("INSERT INTO books VALUES ('a')");
        await room.db.close();

        expect(await namesAfterReconnect()).toEqual(['a']);
      });
    }
  });
}
