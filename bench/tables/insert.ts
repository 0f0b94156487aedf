import { countInsert, createCallTable } from '../rooms/local-table.js';

export const table = createCallTable((client) => () => client.insert(), countInsert);
