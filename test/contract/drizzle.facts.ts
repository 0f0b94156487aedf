import type { Client } from '@libsql/core/api';
import { eq, relations, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/libsql/web';
import { blob, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { ContractSetup } from '../../lib/testing/contract/contract-setup.js';
import type { ContractWords } from '../../lib/testing/contract/contract-words.js';
import { openEach } from '../../lib/testing/contract/facts.js';

const authors = sqliteTable('authors', {
  id: integer('id').primaryKey(),
  name: text('name').notNull().unique(),
});

const books = sqliteTable('books', {
  id: integer('id').primaryKey(),
  title: text('title').notNull(),
  authorId: integer('author_id')
    .notNull()
    .references(() => authors.id),
  price: real('price'),
  sold: integer('sold', { mode: 'boolean' }).notNull().default(false),
  printedAt: integer('printed_at', { mode: 'timestamp_ms' }),
  cover: blob('cover', { mode: 'buffer' }),
});

const authorsRelations = relations(authors, ({ many }) => ({ books: many(books) }));
const booksRelations = relations(books, ({ one }) => ({
  author: one(authors, { fields: [books.authorId], references: [authors.id] }),
}));

const schema = { authors, books, authorsRelations, booksRelations };

/** The tables of the Drizzle repository. */
export const createTables = [
  'CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)',
  'CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT NOT NULL, author_id INTEGER NOT NULL REFERENCES authors (id), ' +
    'price REAL, sold INTEGER NOT NULL DEFAULT 0, printed_at INTEGER, cover BLOB)',
];

/** A repository as an app writes it: it knows Drizzle, and nothing of the backend. */
export function createDrizzleRepository(client: Client) {
  const db = drizzle(client, { schema });
  return {
    db,
    addAuthor: (name: string) => db.insert(authors).values({ name }).returning().get(),
    addBook: (book: typeof books.$inferInsert) => db.insert(books).values(book).returning().get(),
    listAuthors: () => db.select({ name: authors.name }).from(authors).orderBy(authors.id).all(),
    listBooks: () =>
      db
        .select({ title: books.title, author: authors.name })
        .from(books)
        .innerJoin(authors, eq(books.authorId, authors.id))
        .orderBy(books.id)
        .all(),
    sell: (id: number) => db.update(books).set({ sold: true }).where(eq(books.id, id)).returning().all(),
  };
}

/** Drizzle over the client. */
export function describeDrizzle(setup: ContractSetup, words: ContractWords): void {
  const { beforeEach, describe, expect, it } = words;
  describe('Drizzle', () => {
    const room = openEach(words, setup);
    let repository: ReturnType<typeof createDrizzleRepository>;

    beforeEach(async () => {
      await room.db.batch(createTables, 'write');
      repository = createDrizzleRepository(room.db);
    });

    it('inserts, and selects with a join', async () => {
      const author = await repository.addAuthor('Austen');
      await repository.addBook({ title: 'Emma', authorId: author.id });
      await repository.addBook({ title: 'Persuasion', authorId: author.id });

      expect(author).toEqual({ id: 1, name: 'Austen' });
      expect(await repository.listBooks()).toEqual([
        { title: 'Emma', author: 'Austen' },
        { title: 'Persuasion', author: 'Austen' },
      ]);
    });

    it('updates and deletes, and returns the rows', async () => {
      await repository.addAuthor('Austen');
      const book = await repository.addBook({ title: 'Emma', authorId: 1, price: 9.5 });
      const sold = await repository.sell(book.id);
      const removed = await repository.db.delete(books).where(eq(books.id, book.id));

      expect(sold).toMatchObject([{ id: 1, title: 'Emma', price: 9.5, sold: true }]);
      expect(removed.rowsAffected).toBe(1);
    });

    it('moves dates, blobs, booleans and null', async () => {
      await repository.addAuthor('Austen');
      const printedAt = new Date('1815-12-23T00:00:00.000Z');
      await repository.addBook({
        title: 'Emma',
        authorId: 1,
        printedAt,
        cover: Buffer.from([0, 255]),
        sold: true,
      });
      const book = await repository.db.select().from(books).get();

      expect(book).toMatchObject({ printedAt, sold: true, price: null });
      expect([...(book?.cover ?? [])]).toEqual([0, 255]);
    });

    it('reads relations', async () => {
      await repository.addAuthor('Austen');
      await repository.addBook({ title: 'Emma', authorId: 1 });
      const found = await repository.db.query.authors.findMany({
        with: { books: { columns: { title: true } } },
      });

      expect(found).toEqual([{ id: 1, name: 'Austen', books: [{ title: 'Emma' }] }]);
    });

    it('runs raw SQL', async () => {
      await repository.addAuthor('Austen');

      expect(await repository.db.all(sql`SELECT name FROM authors WHERE name = ${'Austen'}`)).toEqual([
        { name: 'Austen' },
      ]);
      expect(await repository.db.get<{ n: number }>(sql`SELECT count(*) AS n FROM authors`)).toEqual({
        n: 1,
      });
    });

    it('runs a batch', async () => {
      const [inserted, list] = await repository.db.batch([
        repository.db.insert(authors).values({ name: 'Austen' }).returning(),
        repository.db.select().from(authors),
      ]);

      expect(inserted).toEqual([{ id: 1, name: 'Austen' }]);
      expect(list).toEqual([{ id: 1, name: 'Austen' }]);
    });

    it('commits a transaction and returns its value', async () => {
      const id = await repository.db.transaction(async (tx) => {
        const author = await tx.insert(authors).values({ name: 'Austen' }).returning().get();
        await tx.insert(books).values({ title: 'Emma', authorId: author.id });
        return author.id;
      });

      expect(id).toBe(1);
      expect(await repository.listBooks()).toEqual([{ title: 'Emma', author: 'Austen' }]);
    });

    it('rolls a transaction back and keeps its error', async () => {
      const reason = new Error('changed my mind');
      const call = repository.db.transaction(async (tx) => {
        await tx.insert(authors).values({ name: 'Austen' });
        throw reason;
      });

      await expect(call).rejects.toBe(reason);
      expect(await repository.listAuthors()).toEqual([]);
    });

    it('turns a nested transaction into a savepoint', async () => {
      await repository.db.transaction(async (tx) => {
        await tx.insert(authors).values({ name: 'Austen' });
        const inner = tx.transaction(async (nested) => {
          await nested.insert(authors).values({ name: 'Brontë' });
          nested.rollback();
        });
        await expect(inner).rejects.toThrow();
        await tx.transaction((nested) => nested.insert(authors).values({ name: 'Carroll' }));
      });

      expect(await repository.listAuthors()).toEqual([{ name: 'Austen' }, { name: 'Carroll' }]);
    });

    it('passes the violated constraint on as the cause', async () => {
      await repository.addAuthor('Austen');

      await expect(repository.addAuthor('Austen')).rejects.toMatchObject({
        cause: { code: 'SQLITE_CONSTRAINT' },
      });
    });
  });
}
