import type { Deadline } from '../async/deadline.js';
import type { TransactionScope } from './transaction-scope.js';

/** Runs `work` in a nested scope of its own: kept when it resolves, undone when it rejects. */
export async function runNested<T>(
  scope: TransactionScope,
  deadline: Deadline,
  work: (nested: TransactionScope) => Promise<T>,
): Promise<T> {
  const nested = await scope.openNested(deadline, 'a batch');
  try {
    const value = await work(nested);
    await nested.commit();
    return value;
  } catch (error) {
    await nested.rollbackAfter(error);
    throw error;
  }
}
