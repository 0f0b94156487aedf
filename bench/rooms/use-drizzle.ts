import { asc, eq, gt } from 'drizzle-orm';
import { integer, sqliteTable, text, type BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core';
import type { LocalClient } from './local-clients.js';
import { newTask } from './tasks.js';

const tasks = sqliteTable('tasks', {
  id: integer('id').primaryKey(),
  title: text('title').notNull(),
  done: integer('done').notNull(),
  created_at: text('created_at').notNull(),
});

/** The work in Drizzle, whatever it stands on. */
export function useDrizzle(
  db: BaseSQLiteDatabase<'sync' | 'async', unknown>,
  below: { close(): unknown },
): LocalClient {
  return {
    read: async (id) => await db.select().from(tasks).where(eq(tasks.id, id)),
    page: async (after) =>
      await db.select().from(tasks).where(gt(tasks.id, after)).orderBy(asc(tasks.id)).limit(100),
    insert: async () => await db.insert(tasks).values(newTask),
    close: () => below.close(),
  };
}
