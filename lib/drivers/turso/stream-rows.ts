import type { IntMode, Row } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import type { FifoGate } from '../../async/fifo-gate.js';
import { createRowFactory, type RowFactory } from '../../contract/row.js';
import type { Statement } from '../../contract/statement.js';
import { DatabaseError } from '../../errors/database-error.js';
import { createStreamWritesError } from '../../errors/usage-errors.js';
import { acquireStream } from './acquire-stream.js';
import type { HranaClient } from './hrana-client.js';
import { decodeValue, encodeStatement } from './hrana-values.js';
import type { ReadOnlyGuard } from './read-only-guard.js';
import { createLeftOutError, takeResponse } from './read-results.js';
import { guardedStatement } from './steps.js';

/** What a stream of rows needs of its connection. */
export interface RowSource {
  readonly client: HranaClient;
  readonly readOnly: ReadOnlyGuard;
  readonly streams: FifoGate;
  readonly intMode: IntMode;
}

/**
 * Reads the rows of a statement as they come, on a stream of the server that is its own.
 * @param deadline bounds the way to the first row; its length bounds each later wait for the server
 * @throws DatabaseError
 */
export async function* streamRows(
  { client, readOnly, streams, intMode }: RowSource,
  statement: Statement,
  deadline: Deadline,
): AsyncGenerator<Row, void, undefined> {
  if (!(await readOnly.isRead(statement.sql, deadline))) throw createStreamWritesError();
  const steps = [{ stmt: encodeStatement(statement) }];
  const release = await acquireStream(streams, client, deadline);
  try {
    let createRow: RowFactory | undefined;
    let isWhole = false;
    for await (const entries of client.openCursor(steps, deadline)) {
      for (const entry of entries) {
        if (entry.type === 'step_begin')
          createRow = createRowFactory(entry.cols.map(({ name }) => name ?? ''));
        else if (entry.type === 'row' && createRow !== undefined)
          yield createRow(entry.row.map((value) => decodeValue(value, intMode, 'not-applied')));
        else if (entry.type === 'step_end') isWhole = true;
      }
    }
    // an answer may end in good order with rows missing, when the server or a proxy gives it up
    if (!isWhole) throw createLeftOutError('cursor');
  } catch (error) {
    throw await findRefusal(client, statement, error, deadline);
  } finally {
    release();
  }
}

/** A cursor answers a statement that the server's parser refuses with a bare 500; a batch in which it cannot run says what is wrong. */
async function findRefusal(
  client: HranaClient,
  statement: Statement,
  error: unknown,
  deadline: Deadline,
): Promise<unknown> {
  if (!(error instanceof DatabaseError) || error.code !== 'HTTP_500') return error;
  const steps = [guardedStatement(statement)];
  const requests = [{ type: 'batch', batch: { steps } }, { type: 'close' }] as const;
  const answer = await client.send(requests, null, deadline).catch(() => undefined);
  if (answer === undefined) return error;
  try {
    takeResponse(client, answer, 0, 'batch');
    return error;
  } catch (refusal) {
    return refusal;
  }
}
