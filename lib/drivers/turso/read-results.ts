import type { HranaBatchResult, HranaPipelineAnswer, HranaResponse } from './hrana-protocol.js';
import type { HranaClient } from './hrana-client.js';
import { DatabaseError } from '../../errors/database-error.js';

type ResponseOf<Type extends HranaResponse['type']> = Extract<HranaResponse, { type: Type }>;

/**
 * Takes the response at `index` of a pipeline, of the type that was asked for.
 * @throws DatabaseError the statement's own error, or a protocol error
 */
export function takeResponse<Type extends HranaResponse['type']>(
  client: HranaClient,
  answer: HranaPipelineAnswer,
  index: number,
  type: Type,
): ResponseOf<Type> {
  const result = answer.results[index];
  if (result?.type === 'error') throw client.toStatementError(result.error);
  if (result?.type === 'ok' && result.response.type === type) return result.response as ResponseOf<Type>;
  throw createLeftOutError(type);
}

/**
 * Takes the answer to a batch of so many steps. Only null says that a step did not run: what is missing may have.
 * @throws DatabaseError the batch's own error, or a protocol error, outcome `unknown`
 */
export function takeBatch(
  client: HranaClient,
  answer: HranaPipelineAnswer,
  index: number,
  steps: number,
): HranaBatchResult {
  const { result } = takeResponse(client, answer, index, 'batch');
  if (result.step_results.length < steps || result.step_errors.length < steps)
    throw createLeftOutError('batch');
  return result;
}

/** The server answered, but not to this. */
export function createLeftOutError(type: string): DatabaseError {
  return new DatabaseError(`the server left out the answer to a "${type}" request`, {
    code: 'HRANA_PROTO_ERROR',
    kind: 'unavailable',
    outcome: 'unknown',
  });
}

/** What one step of a batch ended with. Neither result nor error: its condition did not hold, so it did not run. */
export function readStep(client: HranaClient, batch: HranaBatchResult, step: number) {
  const error = batch.step_errors[step];
  return {
    result: batch.step_results[step] ?? undefined,
    error: error ? client.toStatementError(error) : undefined,
  };
}
