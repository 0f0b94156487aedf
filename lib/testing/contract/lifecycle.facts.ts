import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readColumn, readValue } from './facts.js';

/** `close`, `reconnect`, and what a client tells about itself. */
export function describeLifecycle(setup: ContractSetup, words: ContractWords): void {
  const { describe, expect, it } = words;
  const { durable, namesClosedClient, rejectsSync, hasReplica } = setup.capabilities;

  describe('a client', () => {
    const room = openEach(words, setup);

    const protocol = setup.capabilities.overNetwork ? 'http' : 'file';
    it(`speaks the protocol ${protocol}`, () => {
      expect(room.db.protocol).toBe(protocol);
    });

    it('is closed after close and not before', async () => {
      await room.db.execute('SELECT 1');
      const before = room.db.closed;
      await room.db.close();

      expect([before, room.db.closed]).toEqual([false, true]);
    });

    it('is closed from the moment of the call', () => {
      void room.db.close();

      expect(room.db.closed).toBe(true);
    });

    it('can be closed before its first use', async () => {
      await room.db.close();

      expect(room.db.closed).toBe(true);
    });

    it('can be closed twice', async () => {
      await room.db.execute('SELECT 1');
      await room.db.close();
      await room.db.close();

      expect(room.db.closed).toBe(true);
    });

    it('refuses every call after close', async () => {
      await room.db.execute('SELECT 1');
      await room.db.close();
      const calls = [
        () => room.db.execute('SELECT 1'),
        () => room.db.batch(['SELECT 1'], 'write'),
        () => room.db.migrate(['SELECT 1']),
        () => room.db.executeMultiple('SELECT 1'),
        async () => (await room.db.transaction('write')).execute('SELECT 1'),
      ];

      for (const call of calls) {
        const { code } = await failureOf(call);
        if (namesClosedClient) expect(code).toBe('CLIENT_CLOSED');
        else expect(code).toBeDefined();
      }
    });

    it('answers again after close and reconnect', async () => {
      await room.db.close();
      await room.db.reconnect();

      expect(room.db.closed).toBe(false);
      expect(await readValue(room.db, 'SELECT 1')).toBe(1);
    });

    it('answers again after reconnect without close', async () => {
      await room.db.execute('SELECT 1');
      await room.db.reconnect();

      expect(room.db.closed).toBe(false);
      expect(await readValue(room.db, 'SELECT 1')).toBe(1);
    });

    it(`${durable ? 'keeps' : 'loses'} its data over close and reconnect`, async () => {
      await room.db.execute('CREATE TABLE books (name TEXT)');
      await room.db.close();
      await room.db.reconnect();

      const tables = await readColumn(room.db, "SELECT name FROM sqlite_schema WHERE type = 'table'");
      expect(tables).toEqual(durable ? ['books'] : []);
    });

    it('keeps intMode over reconnect', async () => {
      const client = await setup.open({ intMode: 'bigint' });
      await client.reconnect();
      const value = await readValue(client, 'SELECT 1');
      await client.close();

      expect(value).toBe(1n);
    });

    if (hasReplica) {
      it('syncs its replica', async () => {
        await room.db.execute('CREATE TABLE books (name TEXT)');

        expect(typeof (await room.db.sync())?.frames_synced).toBe('number');
      });
    } else {
      it('has nothing to sync', async () => {
        const failure = await failureOf(() => room.db.sync());

        expect(failure.code).toBe('SYNC_NOT_SUPPORTED');
      });
    }

    if (rejectsSync) {
      it('answers sync with a rejected promise', async () => {
        const promise = room.db.sync();

        await expect(promise).rejects.toMatchObject({ code: 'SYNC_NOT_SUPPORTED', outcome: 'not-applied' });
      });
    }
  });
}
