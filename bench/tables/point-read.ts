import { createCallTable } from '../rooms/local-table.js';
import { createKeys } from '../rooms/tasks.js';

export const table = createCallTable(
  (client) => {
    const nextKey = createKeys();
    return () => client.read(nextKey());
  },
  async (client) => client.read(42),
);
