import { countInsert, createCallTable } from '../rooms/local-table.js';

/** So long that the rest of the disk is part of it for everybody, in milliseconds. */
const timeMs = 600;

export const table = createCallTable((client) => () => client.insert(), countInsert, timeMs);
