import { createDistanceTable } from '../rooms/distance-table.js';

export const table = createDistanceTable('transaction');
