import type { ContractSetup } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';
import { failureOf, openEach, readColumn, readValue } from './facts.js';

/** Scripts. */
export function describeExecuteMultiple(setup: ContractSetup, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;
  describe('executeMultiple', () => {
    const room = openEach(words, setup);
    const names = () => readColumn(room.db, 'SELECT name FROM books ORDER BY rowid');

    beforeEach(async () => {
      await room.db.execute('CREATE TABLE books (name TEXT)');
    });

    it('runs the statements in order and answers nothing', async () => {
      const answer = await room.db.executeMultiple(
        "INSERT INTO books VALUES ('a'); UPDATE books SET name = name || 'b'; INSERT INTO books VALUES ('c');",
      );

      expect(answer).toBeUndefined();
      expect(await names()).toEqual(['ab', 'c']);
    });

    it('stops at a statement that fails and keeps the ones before it', async () => {
      await failureOf(
        room.db.executeMultiple(
          "INSERT INTO books VALUES ('a'); INSERT INTO nowhere VALUES (1); INSERT INTO books VALUES ('b');",
        ),
      );

      expect(await names()).toEqual(['a']);
    });

    it('runs a script that begins and commits a transaction', async () => {
      await room.db.executeMultiple(
        "BEGIN; INSERT INTO books VALUES ('a'); INSERT INTO books VALUES ('b'); COMMIT;",
      );

      expect(await names()).toEqual(['a', 'b']);
    });

    it('runs a script that begins and rolls back a transaction', async () => {
      await room.db.executeMultiple(
        "BEGIN; INSERT INTO books VALUES ('a'); ROLLBACK; INSERT INTO books VALUES ('b');",
      );

      expect(await names()).toEqual(['b']);
    });

    it('keeps nothing of a transaction that fails inside a script', async () => {
      await failureOf(
        room.db.executeMultiple(
          "BEGIN; INSERT INTO books VALUES ('a'); INSERT INTO nowhere VALUES (1); COMMIT;",
        ),
      );

      expect(await names()).toEqual([]);
    });

    it('lets the next call write after a transaction failed inside a script', async () => {
      await failureOf(room.db.executeMultiple('BEGIN IMMEDIATE; INSERT INTO nowhere VALUES (1); COMMIT;'));
      await room.db.execute("INSERT INTO books VALUES ('a')");

      expect(await names()).toEqual(['a']);
    });

    it.each(['', '  ', '-- nothing', ';;'])('runs a script without statements: %j', async (script) => {
      await expect(room.db.executeMultiple(script)).resolves.toBeUndefined();
    });

    it('ends no statement at a semicolon in a string, a name or a comment', async () => {
      await room.db.executeMultiple(
        "INSERT INTO books VALUES ('a;b'); -- one; two\nCREATE TABLE \"x;y\" (v TEXT); /* ; */ INSERT INTO books VALUES ('c')",
      );

      expect(await names()).toEqual(['a;b', 'c']);
      expect(await readValue(room.db, 'SELECT count(*) FROM "x;y"')).toBe(0);
    });

    it('ends no statement inside a trigger', async () => {
      await room.db.executeMultiple(`
        CREATE TABLE log (name TEXT);
        CREATE TRIGGER logged AFTER INSERT ON books BEGIN
          INSERT INTO log VALUES (CASE WHEN new.name = 'a' THEN 'first;' ELSE 'other;' END);
          UPDATE log SET name = name || '!';
        END;
        INSERT INTO books VALUES ('a');
      `);

      expect(await readColumn(room.db, 'SELECT name FROM log')).toEqual(['first;!']);
    });

    it('refuses a statement that needs arguments', async () => {
      await expect(room.db.executeMultiple('INSERT INTO books VALUES (?)')).rejects.toMatchObject({
        code: 'ARGS_INVALID',
      });
    });
  });
}
