import type { TargetDatabase } from '../target/target-database.js';
import { ServerHasher } from './server-hasher.js';
import { StreamHasher } from './stream-hasher.js';
import type { TargetHasher } from './target-hasher.js';

/** Chooses by what the server has. */
export async function createTargetHasher(target: TargetDatabase): Promise<TargetHasher> {
  const found = await target.query(
    `SELECT 1 FROM pragma_function_list WHERE name = 'sha3_query' AND narg = 2`,
  );
  return found.length > 0 ? new ServerHasher(target) : new StreamHasher(target);
}
