import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient } from '@libsql/client/http';
import { Kysely, sql } from 'kysely';
import { createConnection, type DatabaseConnection } from '../../../lib/index.js';
import { LibsqlConnectionDialect } from '../../../lib/kysely/index.js';

interface Tables {
  books: { id: number | null; name: string };
}

describe('LibsqlConnectionDialect', () => {
  let connection: DatabaseConnection;
  let db: Kysely<Tables>;

  beforeEach(async () => {
    connection = createConnection({ url: ':memory:' });
    db = new Kysely<Tables>({ dialect: new LibsqlConnectionDialect({ connection }) });
    await sql`CREATE TABLE books (id INTEGER PRIMARY KEY, name TEXT)`.execute(db);
  });
  afterEach(() => connection.close());

  it('answers counts and the last id as Kysely has them', async () => {
    const inserted = await db.insertInto('books').values({ id: 7, name: 'a' }).executeTakeFirstOrThrow();
    const updated = await db.updateTable('books').set({ name: 'b' }).executeTakeFirstOrThrow();
    const deleted = await db.deleteFrom('books').executeTakeFirstOrThrow();

    expect([inserted.insertId, updated.numUpdatedRows, deleted.numDeletedRows]).toEqual([7n, 1n, 1n]);
  });

  it('streams rows in pieces', async () => {
    const names = Array.from({ length: 5 }, (_, n) => ({ id: null, name: `n${n}` }));
    await db.insertInto('books').values(names).execute();
    const seen: string[] = [];
    for await (const { name } of db.selectFrom('books').select('name').stream(2)) seen.push(name);

    expect(seen).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
  });

  it('lists tables and columns', async () => {
    const [table] = await db.introspection.getTables();

    expect([table?.name, table?.columns.map(({ name }) => name)]).toEqual(['books', ['id', 'name']]);
  });

  it('reads in a transaction of access mode read only, and refuses to write there', async () => {
    const work = db
      .transaction()
      .setAccessMode('read only')
      .execute((tx) => tx.insertInto('books').values({ id: 1, name: 'a' }).execute());

    await expect(work).rejects.toMatchObject({ kind: 'read-only' });
  });

  it('knows that every transaction is serializable', async () => {
    const run = (level: 'serializable' | 'read committed') =>
      db
        .transaction()
        .setIsolationLevel(level)
        .execute((tx) => tx.selectFrom('books').selectAll().execute());

    await expect(run('serializable')).resolves.toEqual([]);
    await expect(run('read committed')).rejects.toThrow('SQLite transactions are always serializable');
  });

  it('undoes to a savepoint of a controlled transaction', async () => {
    const tx = await db.startTransaction().execute();
    await tx.insertInto('books').values({ id: 1, name: 'kept' }).execute();
    const nested = await tx.savepoint('here').execute();
    await nested.insertInto('books').values({ id: 2, name: 'undone' }).execute();
    await nested.rollbackToSavepoint('here').execute();
    await nested.releaseSavepoint('here').execute();
    await tx.commit().execute();

    expect(await db.selectFrom('books').select('name').execute()).toEqual([{ name: 'kept' }]);
  });

  it('leaves the connection open when it is destroyed', async () => {
    await db.destroy();

    expect(connection.closed).toBe(false);
    expect((await connection.execute('SELECT 1')).rows).toHaveLength(1);
  });

  it('takes any libSQL client', () => {
    const client = createClient({ url: 'http://127.0.0.1:9' });
    const dialect = new LibsqlConnectionDialect({ connection: client });
    client.close();

    expect(dialect.createDriver()).toBeDefined();
  });
});
