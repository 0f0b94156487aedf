import type { IntMode, ResultSet } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import type { BatchOptions } from '../../contract/connection.js';
import type { Statement } from '../../contract/statement.js';
import { toBatchError } from '../../errors/database-error.js';
import { findRefused } from './find-refused.js';
import type { HranaClient } from './hrana-client.js';
import type { HranaBatchResult, HranaStep } from './hrana-protocol.js';
import { decodeResult } from './hrana-values.js';
import { createLostError } from './lost-transaction.js';
import { readStep, takeBatch } from './read-results.js';
import { always, begin, guarded, guardedStatement, rollbackUnless } from './steps.js';

/**
 * Runs a batch as one request: BEGIN, the statements, COMMIT, and ROLLBACK where COMMIT did not succeed.
 * @throws DatabaseBatchError with the index of the statement that failed
 */
export async function runBatch(
  client: HranaClient,
  statements: readonly Statement[],
  { mode, foreignKeys }: BatchOptions,
  intMode: IntMode,
  deadline: Deadline,
): Promise<ResultSet[]> {
  const before = foreignKeys ? [] : [always('PRAGMA foreign_keys=off')];
  const first = before.length + 1;
  const commit = first + statements.length;
  const steps: HranaStep[] = [
    ...before,
    begin(mode),
    ...statements.map((statement, index) => toStep(statement, index, first)),
    guarded('COMMIT', commit - 1),
    rollbackUnless(commit),
    ...(foreignKeys ? [] : [always('PRAGMA foreign_keys=on')]),
  ];
  const answer = await client.send([{ type: 'batch', batch: { steps } }, { type: 'close' }], null, deadline);
  const [refused] = answer.results;
  if (refused?.type === 'error') {
    throw await findRefused(client, statements, client.toStatementError(refused.error), deadline);
  }
  const batch = takeBatch(client, answer, 0, steps.length);
  for (let step = 0; step < first; step++) throwStepError(client, batch, step);
  assertAllRan(client, batch, first, commit);
  throwStepError(client, batch, commit);
  return statements.map(({ sql }, index) => {
    const { result } = readStep(client, batch, first + index);
    return decodeResult(result as NonNullable<typeof result>, sql, intMode);
  });
}

function toStep(statement: Statement, index: number, first: number): HranaStep {
  try {
    return guardedStatement(statement, first + index - 1);
  } catch (error) {
    throw toBatchError(error, index);
  }
}

function throwStepError(client: HranaClient, batch: HranaBatchResult, step: number): void {
  const { result, error } = readStep(client, batch, step);
  if (error !== undefined) throw error;
  if (result === undefined) throw createLostError();
}

function assertAllRan(client: HranaClient, batch: HranaBatchResult, first: number, commit: number): void {
  for (let step = first; step < commit; step++) {
    const { result, error } = readStep(client, batch, step);
    if (result === undefined) throw toBatchError(error ?? createLostError(), step - first);
  }
}
