import type { HranaStatement, HranaStep } from '../../drivers/turso/hrana-protocol.js';
import { readStep } from '../../drivers/turso/read-results.js';
import { always, begin, guarded, rollbackUnless } from '../../drivers/turso/steps.js';
import { DatabaseError } from '../../errors/database-error.js';
import type { TargetDatabase } from './target-database.js';

/**
 * Runs statements in one transaction and one request, foreign keys off.
 * @throws DatabaseError of the first statement that failed (nothing was applied), or of the request, with its outcome
 */
export async function commit(target: TargetDatabase, statements: readonly HranaStatement[]): Promise<void> {
  const first = 2;
  const last = first + statements.length;
  const steps: HranaStep[] = [
    always('PRAGMA foreign_keys=off'),
    begin('write'),
    ...statements.map((stmt, index) => ({ ...guarded('', first + index - 1), stmt })),
    guarded('COMMIT', last - 1),
    rollbackUnless(last),
  ];
  const batch = await target.write(steps);
  for (let step = 0; step <= last; step++) {
    const { result, error } = readStep(target.client, batch, step);
    if (error !== undefined) throw error;
    if (result === undefined) throw createLostError();
  }
}

function createLostError(): DatabaseError {
  return new DatabaseError('the server ended the transaction', {
    code: 'TRANSACTION_CLOSED',
    kind: 'busy',
    outcome: 'not-applied',
  });
}
