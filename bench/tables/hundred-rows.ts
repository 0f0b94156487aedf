import { createCallTable } from '../rooms/local-table.js';
import { createKeys } from '../rooms/tasks.js';

export const table = createCallTable(
  (client) => {
    const nextKey = createKeys();
    return () => client.page(nextKey());
  },
  async (client) => client.page(42),
);
