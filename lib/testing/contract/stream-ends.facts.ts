import type { DatabaseConnection } from '../../database/database-connection.js';
import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readColumn, readValue } from './facts.js';
import { collect, countTo } from './stream.facts.js';

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** More than anybody takes in these facts. */
const many = countTo(200_000);

/** How a stream ends, and what it leaves behind: nothing. */
export function describeStreamEnds(setup: ContractSetup<DatabaseConnection>, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;
  const { commitsBesideReader, readsBesideWriter } = setup.capabilities;

  describe('the end of a stream', () => {
    const room = openEach(words, setup, { shutdownTimeoutMs: 200 });

    beforeEach(async () => {
      await room.db.execute('CREATE TABLE books (id INTEGER PRIMARY KEY, name TEXT)');
      await room.db.execute(`INSERT INTO books (id) ${countTo(5_000)}`);
    });

    it('frees a reader, whether it is read through or left', async () => {
      for (let round = 0; round < 15; round++) {
        for await (const row of room.db.stream('SELECT id FROM books')) if (row[0] === 3) break;
        for await (const row of room.db.stream('SELECT id FROM books WHERE id < 3'))
          expect(row.length).toBe(1);
      }
      await room.db.execute("UPDATE books SET name = 'Emma'");

      expect(room.db.status()).toMatchObject({ inFlight: 0, waiting: 0 });
    });

    it('is told again and again', async () => {
      const rows = room.db.stream('SELECT id FROM books WHERE id = 1');
      const results = [await rows.next(), await rows.next(), await rows.next(), await rows.return?.()];

      expect(results.map((result) => result?.done)).toEqual([false, true, true, true]);
    });

    it('is where a row cannot be computed, behind the rows before it', async () => {
      const sql = 'SELECT abs(CASE WHEN id = 4 THEN -9223372036854775808 ELSE id END) FROM books';
      const rows = room.db.stream(sql);
      const seen: unknown[] = [];
      const failure = await failureOf(async () => {
        for await (const row of rows) seen.push(row[0]);
      });

      expect(failure).toMatchObject({ kind: 'syntax', outcome: 'not-applied' });
      if (readsBesideWriter) expect(seen).toEqual([1, 2, 3]);
      expect(await rows.next()).toMatchObject({ done: true });
    });

    if (commitsBesideReader && readsBesideWriter) {
      it('is the same whatever is written meanwhile', async () => {
        let count = 0;
        for await (const row of room.db.stream('SELECT id FROM books')) {
          if (count++ === 0) await room.db.execute('DELETE FROM books WHERE id > 10');
          expect(row[0]).toBe(count);
        }

        expect(count).toBe(5_000);
        expect(await readValue(room.db, 'SELECT count(*) FROM books')).toBe(10);
      });
    }

    it('comes with its signal', async () => {
      const controller = new AbortController();
      const rows = room.db.stream({ sql: many, signal: controller.signal });
      await rows.next();
      controller.abort();

      expect(await failureOf(collect(rows))).toMatchObject({ code: 'ABORTED', kind: 'aborted' });
      expect(room.db.status().inFlight).toBe(0);
    });

    it('comes before the first row with a signal that has fired', async () => {
      const rows = room.db.stream({ sql: many, signal: AbortSignal.abort() });

      expect(await failureOf(rows.next())).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
    });

    it('comes when nobody takes a row for as long as it may wait', async () => {
      const rows = room.db.stream({ sql: many, timeoutMs: 1_000 });
      await rows.next();
      const before = room.db.status().inFlight;
      await wait(1_500);

      expect([before, room.db.status().inFlight]).toEqual([1, 0]);
      expect(await failureOf(rows.next())).toMatchObject({ code: 'TIMEOUT', kind: 'timeout' });
      expect(await rows.next()).toMatchObject({ done: true });
    });

    it('does not come while rows are taken, however long the whole takes', async () => {
      const rows = room.db.stream({ sql: 'SELECT id FROM books WHERE id < 8', timeoutMs: 1_000 });
      let count = 0;
      while ((await rows.next()).done !== true) {
        count++;
        await wait(200);
      }

      expect(count).toBe(7);
    });

    it('comes with the close, which waits for it and then ends it', async () => {
      const rows = room.db.stream('SELECT id FROM books');
      await rows.next();
      const closing = room.db.close();
      const { done } = await rows.next();
      await closing;

      expect(done).toBe(false);
      expect(await failureOf(collect(rows))).toMatchObject({ code: 'CLIENT_CLOSED', kind: 'closed' });
      expect(await failureOf(room.db.stream('SELECT 1').next())).toMatchObject({ code: 'CLIENT_CLOSED' });
    });

    it('wakes whoever waits for a row that he does not want any more', async () => {
      const slow =
        'WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n) SELECT v FROM n WHERE v % 300000 = 0';
      const rows = room.db.stream(`${slow} LIMIT 3`);
      await rows.next();
      const waiting = rows.next();
      await rows.return?.();
      await waiting;

      expect(await rows.next()).toMatchObject({ done: true });
      expect(await readColumn(room.db, 'SELECT count(*) FROM books')).toEqual([5_000]);
    });
  });
}
