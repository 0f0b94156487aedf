import type { Generated, Kysely } from 'kysely';
import type { LocalClient } from './local-clients.js';
import { newTask } from './tasks.js';

export interface KyselyTables {
  tasks: { id: Generated<number>; title: string; done: number; created_at: string };
}

/** The work in Kysely, whatever it stands on. */
export function useKysely(db: Kysely<KyselyTables>, below: { close(): unknown }): LocalClient {
  return {
    read: (id) => db.selectFrom('tasks').selectAll().where('id', '=', id).execute(),
    page: (after) =>
      db.selectFrom('tasks').selectAll().where('id', '>', after).orderBy('id').limit(100).execute(),
    insert: () => db.insertInto('tasks').values(newTask).execute(),
    close: async () => {
      await db.destroy();
      await below.close();
    },
  };
}
