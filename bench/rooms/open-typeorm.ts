import { DataSource, EntitySchema, MoreThan } from 'typeorm';
import type { LocalClient } from './local-clients.js';
import { newTask, type Task } from './tasks.js';

const entity = new EntitySchema<Task>({
  name: 'tasks',
  columns: {
    id: { type: 'integer', primary: true, generated: true },
    title: { type: 'text' },
    done: { type: 'integer' },
    created_at: { type: 'text' },
  },
});

/** The work in TypeORM's repository. `insert` is the cheaper one: `save` reads first. */
export async function openTypeorm(path: string): Promise<LocalClient> {
  const source = new DataSource({
    type: 'better-sqlite3',
    database: path,
    entities: [entity],
    prepareDatabase: (db: { pragma(text: string): unknown }) => void db.pragma('synchronous = FULL'),
  });
  await source.initialize();
  const tasks = source.getRepository(entity);
  return {
    read: (id) => tasks.find({ where: { id } }),
    page: (after) => tasks.find({ where: { id: MoreThan(after) }, order: { id: 'ASC' }, take: 100 }),
    insert: () => tasks.insert({ ...newTask }),
    close: () => source.destroy(),
  };
}
