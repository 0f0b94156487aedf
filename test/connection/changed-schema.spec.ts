import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createConnection, type DatabaseConnection } from '../../lib/index.js';
import { createTempDatabase } from '../support/temp-database.js';
import { startChild } from './support/child.js';

const select = 'SELECT * FROM books';

describe('columns of a statement that ran before the schema was changed', () => {
  let path: string;
  let db: DatabaseConnection;

  beforeEach(async () => {
    ({ path } = await createTempDatabase());
    db = createConnection({ url: `sqlite:${path}` });
    await db.executeMultiple(
      'CREATE TABLE books (a, b); CREATE TABLE others (c); INSERT INTO books VALUES (1, 2); INSERT INTO others VALUES (3)',
    );
  });
  afterEach(async () => {
    await db.close();
  });

  async function readColumns(sql = select): Promise<string> {
    const { columns, rows } = await db.execute(sql);
    const names = Object.keys(rows[0] ?? {});
    return names.join() === columns.join()
      ? columns.join()
      : `columns ${columns.join()}, rows ${names.join()}`;
  }

  const changes: [string, string][] = [
    ['a renamed column', 'ALTER TABLE books RENAME COLUMN b TO d'],
    ['an added column', 'ALTER TABLE books ADD COLUMN d DEFAULT 3'],
    ['a removed column', 'ALTER TABLE books DROP COLUMN a'],
    [
      'a new table of the same name',
      'DROP TABLE books; CREATE TABLE books (d, e); INSERT INTO books VALUES (1, 2)',
    ],
    ['a view in its place', 'DROP TABLE books; CREATE VIEW books AS SELECT 1 AS d, 2 AS e'],
    ['a table renamed into its place', 'ALTER TABLE books RENAME TO old; ALTER TABLE others RENAME TO books'],
  ];

  /** In the very turn of the event loop in which the statement ran before, and runs again. */
  it.each(changes)('are those of %s by another handle', async (_name, change) => {
    const other = new BetterSqlite3(path);
    const before = [await readColumns(), await readColumns(), await readColumns()];
    other.exec(change);
    const after = await readColumns();
    const expected = other
      .prepare(select)
      .columns()
      .map(({ name }) => name);
    other.close();

    expect(before).toEqual(['a,b', 'a,b', 'a,b']);
    expect(after).toBe(expected.join());
  });

  it('are written as the schema has them now, from the next turn of the event loop on, where the text names them', async () => {
    const sql = 'SELECT a, b FROM books';
    const other = new BetterSqlite3(path);
    const before = [await readColumns(sql), await readColumns(sql)];
    other.exec('ALTER TABLE books RENAME COLUMN b TO B');
    const { rows } = await db.execute(sql);
    await new Promise((resolve) => setImmediate(resolve));
    const after = await readColumns(sql);
    other.exec('ALTER TABLE books RENAME COLUMN B TO z');
    const gone = await readColumns(sql).catch(({ message }: Error) => message);
    other.close();

    expect(before).toEqual(['a,b', 'a,b']);
    expect(Array.from(rows[0] as ArrayLike<unknown>)).toEqual([1, 2]);
    expect([after, gone]).toEqual(['a,B', 'SQLITE_ERROR: no such column: b']);
  });

  it('are written at once as a change of this connection has them', async () => {
    const sql = 'SELECT a, b FROM books';
    const seen = [await readColumns(sql), await readColumns(sql)];
    await db.execute('ALTER TABLE books RENAME COLUMN b TO B');
    seen.push(await readColumns(sql));

    expect(seen).toEqual(['a,b', 'a,b', 'a,B']);
  });

  it('are written at once as the same transaction has them, and as before it when it is rolled back', async () => {
    const sql = 'SELECT a, b FROM books';
    const seen = [await readColumns(sql), await readColumns(sql)];
    const undone = db.withTransaction(async (tx) => {
      const read = async (): Promise<number> => seen.push((await tx.execute(sql)).columns.join());
      await read();
      await tx.execute('ALTER TABLE books RENAME COLUMN b TO B');
      await read();
      throw new Error('undo');
    });
    await undone.catch(() => undefined);
    seen.push(await readColumns(sql));

    expect(seen).toEqual(['a,b', 'a,b', 'a,b', 'a,B', 'a,b']);
  });

  it('are those of every change of many, each seen at once', async () => {
    const other = new BetterSqlite3(path);
    const seen: string[] = [];
    for (let n = 0; n < 50; n++) {
      other.exec(`ALTER TABLE books RENAME COLUMN ${n === 0 ? 'b' : `b${n - 1}`} TO b${n}`);
      seen.push(await readColumns(), await readColumns('SELECT a FROM books'), await readColumns());
    }
    other.close();

    expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => [`a,b${n}`, 'a', `a,b${n}`]).flat());
  });

  it('are those of a change by another process', async () => {
    const before = [await readColumns(), await readColumns()];
    const child = startChild(`
      const db = createConnection({ url: ${JSON.stringify(`sqlite:${path}`)} });
      await db.execute('ALTER TABLE books RENAME COLUMN b TO z');
      print('done');
      await db.close();`);
    await child.printed(1);
    const after = await readColumns();
    await child.ended;

    expect([...before, after]).toEqual(['a,b', 'a,b', 'a,z']);
  });

  it('are those inside a transaction, and those before it when it is rolled back', async () => {
    const seen = [await readColumns()];
    const undone = db.withTransaction(async (tx) => {
      const read = async (): Promise<string> => (await tx.execute(select)).columns.join();
      seen.push(await read());
      await tx.execute('ALTER TABLE books RENAME COLUMN b TO d');
      seen.push(await read());
      await db
        .withTransaction(async (nested) => {
          await nested.execute('ALTER TABLE books RENAME COLUMN d TO e');
          seen.push((await nested.execute(select)).columns.join());
          throw new Error('undo');
        })
        .catch(() => undefined);
      seen.push(await read());
      throw new Error('undo');
    });
    await undone.catch(() => undefined);
    seen.push(await readColumns());
    const again = db.withTransaction(async (tx) => {
      await tx.execute('ALTER TABLE books RENAME COLUMN b TO f');
      seen.push((await tx.execute(select)).columns.join());
    });
    await again;
    seen.push(await readColumns());

    expect(seen).toEqual(['a,b', 'a,b', 'a,d', 'a,e', 'a,d', 'a,b', 'a,f', 'a,f']);
  });
});
