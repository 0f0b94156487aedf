import type { Deadline } from '../../async/deadline.js';
import type { Statement } from '../../contract/statement.js';
import { toBatchError, type DatabaseError } from '../../errors/database-error.js';
import type { HranaClient } from './hrana-client.js';
import { guardedStatement } from './steps.js';

/**
 * The server refuses a whole batch when its parser refuses one statement, and does not say which. Each statement alone, guarded
 * outside of any transaction so that none can run, shows it.
 * @returns the error with the index of the statement, or as it is when none could be blamed
 */
export async function findRefused(
  client: HranaClient,
  statements: readonly Statement[],
  error: DatabaseError,
  deadline: Deadline,
): Promise<unknown> {
  const requests = statements.map(
    (statement) => ({ type: 'batch', batch: { steps: [guardedStatement(statement)] } }) as const,
  );
  try {
    const { results } = await client.send([...requests, { type: 'close' }], null, deadline);
    const index = results.findIndex((result) => result.type === 'error');
    return index < 0 ? error : toBatchError(error, index);
  } catch {
    // the batch's own error tells more than the failure of a question about it
    return error;
  }
}
