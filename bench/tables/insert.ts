import { countInsert, createCallTable } from '../rooms/local-table.js';

/** Many short rounds: the speed of the disk wanders by more, from second to second, than what is compared. */
const bounds = { timeMs: 100, rounds: 35 };

export const table = createCallTable((client) => () => client.insert(), countInsert, bounds);
