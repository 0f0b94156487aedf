import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { openEach, readValue } from './facts.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Many calls at once. */
export function describeConcurrency(setup: ContractSetup, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;
  const { readsBesideWriter } = setup.capabilities;

  describe('at the same time', () => {
    const room = openEach(words, setup);

    beforeEach(async () => {
      await room.db.batch(['CREATE TABLE counters (n INTEGER)', 'INSERT INTO counters VALUES (0)'], 'write');
    });

    it('eighty reads answer each their own value', async () => {
      const answers = await Promise.all(numbers(80).map((n) => readValue(room.db, 'SELECT ?', [`v${n}`])));

      expect(answers).toEqual(numbers(80).map((n) => `v${n}`));
    });

    it('eighty writes are all applied', async () => {
      await Promise.all(numbers(80).map(() => room.db.execute('UPDATE counters SET n = n + 1')));

      expect(await readValue(room.db, 'SELECT n FROM counters')).toBe(80);
    });

    it('reads and writes mix, and a failing one fails alone', async () => {
      const calls = numbers(30).map((n) => {
        if (n % 3 === 0) return room.db.execute('UPDATE counters SET n = n + 1');
        return room.db.execute(n % 3 === 1 ? 'SELECT n FROM counters' : 'SELECT * FROM nowhere');
      });
      const settled = await Promise.allSettled(calls);

      expect(settled.map(({ status }) => status)).toEqual(
        numbers(30).map((n) => (n % 3 === 2 ? 'rejected' : 'fulfilled')),
      );
      expect(await readValue(room.db, 'SELECT n FROM counters')).toBe(10);
    });

    it('batches stay apart', async () => {
      const batches = numbers(10).map(() =>
        room.db.batch(
          ['UPDATE counters SET n = n + 1', 'SELECT n FROM counters', 'UPDATE counters SET n = n + 1'],
          'write',
        ),
      );
      const results = await Promise.all(batches);

      const seen = results.map((result) => result[1]?.rows[0]?.n);
      expect(new Set(seen).size).toBe(10);
      expect(seen.every((n) => Number(n) % 2 === 1)).toBe(true);
      expect(await readValue(room.db, 'SELECT n FROM counters')).toBe(20);
    });

    if (readsBesideWriter) {
      it('a hundred readers go on while a write transaction is open', async () => {
        const tx = await room.db.transaction('write');
        await tx.execute('UPDATE counters SET n = 1');
        const answers = await Promise.all(
          numbers(100).map(() => readValue(room.db, 'SELECT n FROM counters')),
        );
        await tx.commit();

        expect(new Set(answers)).toEqual(new Set([0]));
      });
    }
  });
}
