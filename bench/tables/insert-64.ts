import { createCrowdTable } from '../rooms/local-table.js';

export const table = createCrowdTable(64, (client) => client.insert());
