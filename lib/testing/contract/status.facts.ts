import type { DatabaseConnection } from '../../database/database-connection.js';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { createLatch, failureOf, openEach } from './facts.js';

/** What a connection tells about itself. */
export function describeStatus(setup: ContractSetup<DatabaseConnection>, words: ContractWords): void {
  const { describe, expect, it } = words;
  const { readsBesideWriter, stealsWriteLock, overNetwork, durable, maxValueBytes } = setup.capabilities;

  describe('status', () => {
    const room = openEach(words, setup);

    it('tells the state from the first use to the end', async () => {
      const states = [room.db.status().state];
      await room.db.execute('SELECT 1');
      states.push(room.db.status().state);
      const closing = room.db.close();
      await closing;
      states.push(room.db.status().state);
      room.db.reconnect();
      states.push(room.db.status().state);

      expect(states).toEqual(['idle', 'open', 'closed', 'idle']);
    });

    it('tells what the backend can do', async () => {
      await room.db.open();

      expect(room.db.status().capabilities).toEqual({
        readsBesideWriter,
        stealsWriteLock,
        overNetwork,
        durable,
        maxValueBytes,
      });
    });

    it('counts the calls in flight and those that wait', async () => {
      const started = createLatch();
      const ended = createLatch();
      await room.db.execute('CREATE TABLE books (name TEXT)');
      const holding = room.db.withTransaction(async () => {
        started.open();
        await ended.opened;
      });
      await started.opened;
      const write = room.db.execute("INSERT INTO books VALUES ('a')");
      await new Promise((resolve) => setImmediate(resolve));
      const busy = room.db.status();
      ended.open();
      await Promise.all([holding, write]);

      expect(busy).toMatchObject({ inFlight: 2, waiting: 1 });
      expect(room.db.status()).toMatchObject({ inFlight: 0, waiting: 0 });
    });

    it('counts the attempts of calls that go over a network', async () => {
      await room.db.execute('CREATE TABLE books (name TEXT)');
      const { attempts } = room.db.status();
      await room.db.execute("INSERT INTO books VALUES ('a')");
      await room.db.batch(["INSERT INTO books VALUES ('b')"], 'write');
      await room.db.withTransaction((tx) => tx.execute("INSERT INTO books VALUES ('c')"));

      expect(room.db.status().attempts - attempts).toBe(overNetwork ? 3 : 0);
      expect(room.db.status().retries).toBe(0);
    });

    it('remembers the kind of the last error', async () => {
      const before = room.db.status().lastError;
      await failureOf(room.db.execute('SELEC 1'));

      expect(before).toBeUndefined();
      expect(room.db.status().lastError).toMatchObject({ kind: 'syntax' });
    });
  });
}
