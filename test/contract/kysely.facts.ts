import type { Client } from '@libsql/core/api';
import { Kysely, sql, type Generated } from 'kysely';
import { LibsqlConnectionDialect } from '../../lib/kysely/index.js';
import type { ContractSetup } from '../../lib/testing/contract/contract-setup.js';
import type { ContractWords } from '../../lib/testing/contract/contract-words.js';
import { openEach, readColumn } from '../../lib/testing/contract/facts.js';

interface Tables {
  authors: { id: Generated<number>; name: string };
  books: {
    id: Generated<number>;
    title: string;
    author_id: number;
    price: number | null;
    cover: ArrayBuffer | null;
  };
}

/** A repository as an app writes it: it knows Kysely, and nothing of the backend. */
function createKyselyRepository(connection: Client) {
  const db = new Kysely<Tables>({ dialect: new LibsqlConnectionDialect({ connection }) });
  return {
    db,
    addAuthor: (name: string) =>
      db.insertInto('authors').values({ name }).returningAll().executeTakeFirstOrThrow(),
    addBook: (title: string, authorId: number) =>
      db.insertInto('books').values({ title, author_id: authorId }).returningAll().executeTakeFirstOrThrow(),
    listBooks: () =>
      db
        .selectFrom('books')
        .innerJoin('authors', 'authors.id', 'books.author_id')
        .select(['books.title', 'authors.name as author'])
        .orderBy('books.id')
        .execute(),
  };
}

type KyselyRepository = ReturnType<typeof createKyselyRepository>;

/** The tables of the Kysely repository. */
async function createKyselyTables(db: KyselyRepository['db']): Promise<void> {
  await db.schema
    .createTable('authors')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .execute();
  await db.schema
    .createTable('books')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('author_id', 'integer', (column) => column.references('authors.id').notNull())
    .addColumn('price', 'real')
    .addColumn('cover', 'blob')
    .execute();
}

/** Gives every fact of the surrounding block a client, its tables and a repository over it. */
export function openKyselyEach<C extends Client>(words: ContractWords, setup: ContractSetup<C>) {
  const opened = openEach(words, setup);
  const room = {
    repository: undefined as unknown as KyselyRepository,
    get db(): C {
      return opened.db;
    },
    authorNames: () => readColumn(opened.db, 'SELECT name FROM authors ORDER BY id'),
  };
  words.beforeEach(async () => {
    room.repository = createKyselyRepository(opened.db);
    await createKyselyTables(room.repository.db);
  });
  return room;
}

/** Kysely over the client. */
export function describeKysely(setup: ContractSetup, words: ContractWords): void {
  const { describe, expect, it } = words;
  describe('Kysely', () => {
    const room = openKyselyEach(words, setup);
    const { authorNames } = room;

    it('inserts, and selects with a join', async () => {
      const author = await room.repository.addAuthor('Austen');
      await room.repository.addBook('Emma', author.id);
      await room.repository.addBook('Persuasion', author.id);

      expect(author).toEqual({ id: 1, name: 'Austen' });
      expect(await room.repository.listBooks()).toEqual([
        { title: 'Emma', author: 'Austen' },
        { title: 'Persuasion', author: 'Austen' },
      ]);
    });

    it('tells the row id of an insert and the rows of an update and a delete', async () => {
      const inserted = await room.repository.db
        .insertInto('authors')
        .values({ id: 7, name: 'Austen' })
        .executeTakeFirst();
      const updated = await room.repository.db
        .updateTable('authors')
        .set({ name: 'Brontë' })
        .executeTakeFirst();
      const deleted = await room.repository.db.deleteFrom('authors').executeTakeFirst();

      expect(inserted).toMatchObject({ insertId: 7n, numInsertedOrUpdatedRows: 1n });
      expect([updated.numUpdatedRows, deleted.numDeletedRows]).toEqual([1n, 1n]);
    });

    it('updates and returns the rows', async () => {
      await room.repository.addAuthor('Austen');
      await room.repository.addBook('Emma', 1);
      const sold = await room.repository.db
        .updateTable('books')
        .set({ price: 9.5, cover: new Uint8Array([0, 255]).buffer })
        .returning(['id', 'price', 'cover'])
        .executeTakeFirstOrThrow();

      expect(sold).toMatchObject({ id: 1, price: 9.5 });
      expect([...new Uint8Array(sold.cover as ArrayBuffer)]).toEqual([0, 255]);
    });

    it('runs raw SQL', async () => {
      await room.repository.addAuthor('Austen');
      const { rows } = await sql<{ name: string }>`SELECT name FROM authors WHERE name = ${'Austen'}`.execute(
        room.repository.db,
      );

      expect(rows).toEqual([{ name: 'Austen' }]);
    });

    it('tells the tables and their columns', async () => {
      const tables = await room.repository.db.introspection.getTables();

      expect(tables.map(({ name }) => name).sort()).toEqual(['authors', 'books']);
      expect(tables.find(({ name }) => name === 'authors')?.columns.map(({ name }) => name)).toEqual([
        'id',
        'name',
      ]);
    });

    it('commits a transaction and returns its value', async () => {
      const id = await room.repository.db.transaction().execute(async (trx) => {
        const author = await trx
          .insertInto('authors')
          .values({ name: 'Austen' })
          .returning('id')
          .executeTakeFirstOrThrow();
        await trx.insertInto('books').values({ title: 'Emma', author_id: author.id }).execute();
        return author.id;
      });

      expect(id).toBe(1);
      expect(await room.repository.listBooks()).toEqual([{ title: 'Emma', author: 'Austen' }]);
    });

    it('rolls a transaction back and keeps its error', async () => {
      const reason = new Error('changed my mind');
      const call = room.repository.db.transaction().execute(async (trx) => {
        await trx.insertInto('authors').values({ name: 'Austen' }).execute();
        throw reason;
      });

      await expect(call).rejects.toBe(reason);
      expect(await authorNames()).toEqual([]);
    });

    it('undoes a controlled transaction to a savepoint', async () => {
      const trx = await room.repository.db.startTransaction().execute();
      await trx.insertInto('authors').values({ name: 'Austen' }).execute();
      const savepoint = await trx.savepoint('here').execute();
      await savepoint.insertInto('authors').values({ name: 'Brontë' }).execute();
      await savepoint.rollbackToSavepoint('here').execute();
      await trx.commit().execute();

      expect(await authorNames()).toEqual(['Austen']);
    });

    it('runs transactions at the same time without losing one', async () => {
      const names = ['a', 'b', 'c', 'd'];
      await Promise.all(
        names.map((name) =>
          room.repository.db
            .transaction()
            .execute((trx) => trx.insertInto('authors').values({ name }).execute()),
        ),
      );

      expect((await authorNames()).toSorted()).toEqual(names);
    });

    it('passes the violated constraint on', async () => {
      await room.repository.addAuthor('Austen');

      await expect(room.repository.addAuthor('Austen')).rejects.toMatchObject({
        code: 'SQLITE_CONSTRAINT',
      });
    });

    it('leaves the connection open when it is destroyed', async () => {
      await room.repository.addAuthor('Austen');
      await room.repository.db.destroy();

      expect(await authorNames()).toEqual(['Austen']);
    });
  });
}
