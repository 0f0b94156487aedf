import { setImmediate as turn } from 'node:timers/promises';
import type { DatabaseConnection } from '../../lib/index.js';

/** So many write transactions at once; each reads a number and writes the next one. */
export async function countUp(connection: DatabaseConnection, times: number): Promise<void> {
  const one = () =>
    connection.withTransaction(async (tx) => {
      const { rows } = await tx.execute<{ n: number }>('SELECT n FROM counters');
      await turn();
      await tx.execute({ sql: 'UPDATE counters SET n = ?', args: [Number(rows[0]?.n) + 1] });
    });
  await Promise.all(Array.from({ length: times }, one));
}
