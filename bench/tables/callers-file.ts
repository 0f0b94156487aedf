import { join } from 'node:path';
import { bare, localChoices, ours } from '../rooms/local-clients.js';
import { createMixTable } from '../rooms/mix-table.js';
import { createTasksFile } from '../rooms/tasks.js';

const names = [bare, ours, '@libsql/client'];

export const table = createMixTable([1, 8, 64, 512], bare, async (room) => {
  const folder = await room.createFolder();
  const chosen = localChoices.filter(({ name }) => names.includes(name));
  return Promise.all(
    chosen.map(async ({ name, open }, index) => {
      const path = join(folder, `${index}.db`);
      createTasksFile(path);
      return [name, room.use(await open(path))] as const;
    }),
  );
});
