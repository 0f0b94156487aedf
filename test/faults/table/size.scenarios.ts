import type { Scenario } from './scenario.js';

const withinMs = 35_000;
const options = () => ({ queryTimeoutMs: 30_000, transactionTimeoutMs: 30_000 });
const numbers = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12)';

/** Too much for the server. */
export const sizeScenarios: readonly Scenario[] = [
  {
    fault: 'Result of more than 10 MB',
    withinMs,
    options,
    strike: () => undefined,
    statements: ({ table }) => ({
      read: { sql: `SELECT zeroblob(1000000) FROM (${numbers} SELECT i FROM n)` },
      write: { sql: `${numbers} INSERT INTO ${table} SELECT i FROM n RETURNING zeroblob(1000000)` },
      rows: 12,
    }),
  },
  {
    fault: 'Argument of 20 MB',
    withinMs,
    options,
    strike: () => undefined,
    statements: ({ table }) => {
      const args = [new Uint8Array(20_000_000)];
      return {
        read: { sql: 'SELECT length(?)', args },
        write: { sql: `INSERT INTO ${table} VALUES (?)`, args },
        rows: 1,
      };
    },
  },
];
