import type { Deadline } from '../../async/deadline.js';
import { findReplicationIndex } from './find-replication-index.js';
import type { HranaClient } from './hrana-client.js';
import { takeResponse } from './read-results.js';

/**
 * Asks the server for its position in its log, by a statement that reads.
 * @returns undefined when it names none: it keeps no log, or there is nothing in it yet
 * @throws DatabaseError
 */
export async function askReplicationIndex(
  client: HranaClient,
  deadline: Deadline,
): Promise<bigint | undefined> {
  const stmt = { sql: 'SELECT 1', want_rows: true };
  const answer = await client.send([{ type: 'execute', stmt }, { type: 'close' }], null, deadline);
  takeResponse(client, answer, 0, 'execute');
  return findReplicationIndex(answer.results);
}
