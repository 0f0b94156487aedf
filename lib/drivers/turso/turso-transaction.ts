import type { IntMode, ResultSet } from '@libsql/core/api';
import { createDeadline, throwIfOver, type Deadline } from '../../async/deadline.js';
import type { DriverTransaction } from '../../contract/connection.js';
import type { Reporter } from '../../contract/driver.js';
import type { Statement, TransactionMode } from '../../contract/statement.js';
import { DatabaseError, detailsOf, toBatchError } from '../../errors/database-error.js';
import { createTransactionClosedError } from '../../errors/usage-errors.js';
import { checkScript, checkStatement } from '../../sql/check-statement.js';
import { splitScript } from '../../sql/split-script.js';
import type { HranaClient } from './hrana-client.js';
import type { HranaBatchResult, HranaStep } from './hrana-protocol.js';
import { decodeResult } from './hrana-values.js';
import type { ReadOnlyGuard } from './read-only-guard.js';
import { readStep, takeResponse } from './read-results.js';
import { begin, guarded, guardedStatement, probeAutocommit } from './steps.js';

/** Longest time for a rollback; the server drops an idle stream after 10 s by itself. */
const rollbackTimeoutMs = 5_000;

/** What a transaction on the server needs. */
export interface TursoTransactionHold {
  readonly client: HranaClient;
  readonly readOnly: ReadOnlyGuard;
  readonly mode: TransactionMode;
  readonly intMode: IntMode;
  readonly report: Reporter;
  /** Called once at the end: gives the stream and the write gate back. */
  readonly onEnd: () => void;
}

/** An interactive transaction on one stream of the server. BEGIN travels with the first statement. */
export class TursoTransaction implements DriverTransaction {
  readonly #hold: TursoTransactionHold;
  #baton: string | null = null;
  #begun = false;
  #closed = false;
  #lostBy: Error | undefined;

  constructor(hold: TursoTransactionHold) {
    this.#hold = hold;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get lostBy(): Error | undefined {
    return this.#lostBy;
  }

  async execute(statement: Statement, deadline: Deadline): Promise<ResultSet> {
    const [result] = await this.#run([statement], deadline, (error) => error);
    return result as ResultSet;
  }

  batch(statements: readonly Statement[], deadline: Deadline): Promise<ResultSet[]> {
    return this.#run(statements, deadline, toBatchError);
  }

  /** Sent as guarded steps: Hrana's own `sequence` cannot be guarded and would run on in autocommit. */
  async executeMultiple(sql: string, deadline: Deadline): Promise<void> {
    this.#assertOpen();
    checkScript(sql, 'transaction');
    const statements = splitScript(sql).map((text) => ({ sql: text, args: [] }));
    await this.#run(statements, deadline, (error) => error);
  }

  async commit(deadline: Deadline): Promise<void> {
    this.#assertOpen();
    throwIfOver(deadline, 'before the commit was sent');
    if (!this.#begun) return this.#end();
    try {
      const batch = await this.#sendSteps([guarded('COMMIT')], deadline, true);
      const { result, error } = readStep(this.#hold.client, batch, 0);
      if (error !== undefined) throw error;
      if (result === undefined) throw createLostError();
    } finally {
      this.#end();
    }
  }

  async rollback(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (this.#begun) await this.#sendSteps([guarded('ROLLBACK')], createDeadline(rollbackTimeoutMs), true);
    } catch (error) {
      const message = `a rollback did not reach the server (${(error as Error).message}); it rolls back by itself within 10 s`;
      this.#hold.report({ code: 'ROLLBACK_NOT_SENT', message });
    } finally {
      this.#hold.onEnd();
    }
  }

  async #run(
    statements: readonly Statement[],
    deadline: Deadline,
    wrap: (error: unknown, index: number) => unknown,
  ): Promise<ResultSet[]> {
    this.#assertOpen();
    await this.#check(statements, deadline, wrap);
    if (statements.length === 0) return [];
    throwIfOver(deadline, 'before the statement was sent');
    const first = this.#begun ? 0 : 1;
    const steps = statements.map((statement, index) =>
      guardedStatement(statement, index + first === 0 ? undefined : index + first - 1),
    );
    const batch = await this.#sendSteps(
      [...(first === 1 ? [begin(this.#hold.mode)] : []), ...steps, probeAutocommit()],
      deadline,
    );
    if (first === 1) this.#readBegin(batch);
    return this.#readResults(statements, batch, first, wrap);
  }

  async #check(
    statements: readonly Statement[],
    deadline: Deadline,
    wrap: (error: unknown, index: number) => unknown,
  ): Promise<void> {
    for (const [index, statement] of statements.entries()) {
      try {
        if (this.#hold.mode === 'read') await this.#hold.readOnly.assertReads(statement, deadline);
        else checkStatement(statement.sql, 'transaction');
      } catch (error) {
        throw wrap(error, index);
      }
    }
  }

  #readBegin(batch: HranaBatchResult): void {
    const { error } = readStep(this.#hold.client, batch, 0);
    if (error === undefined) return;
    this.#end(error);
    throw error;
  }

  #readResults(
    statements: readonly Statement[],
    batch: HranaBatchResult,
    first: number,
    wrap: (error: unknown, index: number) => unknown,
  ): ResultSet[] {
    const { client, intMode } = this.#hold;
    const ended = readStep(client, batch, first + statements.length).result !== undefined;
    const results: ResultSet[] = [];
    for (const [index, { sql }] of statements.entries()) {
      const { result, error } = readStep(client, batch, first + index);
      if (result === undefined) {
        const failure = error ?? createLostError();
        if (ended || error === undefined) this.#end(failure);
        throw wrap(failure, index);
      }
      results.push(decodeResult(result, sql, intMode));
    }
    if (ended) this.#end(createLostError());
    return results;
  }

  /** One request on the transaction's stream. Without its answer the stream is lost, and the server rolls back by itself. */
  async #sendSteps(
    steps: readonly HranaStep[],
    deadline: Deadline,
    close = false,
  ): Promise<HranaBatchResult> {
    const { client } = this.#hold;
    const commits = close && !this.#closed;
    const requests = [
      { type: 'batch', batch: { steps } } as const,
      ...(close ? [{ type: 'close' } as const] : []),
    ];
    const baton = this.#baton;
    this.#begun = true;
    try {
      const answer = await client.send(requests, baton, deadline);
      this.#baton = answer.baton;
      return takeResponse(client, answer, 0, 'batch').result;
    } catch (error) {
      const failure = commits || !(error instanceof DatabaseError) ? error : toNotApplied(error);
      this.#end(failure as Error);
      throw failure;
    }
  }

  #assertOpen(): void {
    if (!this.#closed) return;
    throw createTransactionClosedError(
      this.#lostBy === undefined
        ? 'The transaction is closed'
        : 'The transaction was rolled back by an earlier error; nothing of it was kept',
      this.#lostBy,
    );
  }

  #end(lostBy?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lostBy = lostBy;
    this.#hold.onEnd();
  }
}

/** Without COMMIT nothing of a transaction persists, whatever became of the statement itself. */
function toNotApplied(error: DatabaseError): DatabaseError {
  if (error.outcome === 'not-applied') return error;
  const text = error.message.slice(error.code.length + 2);
  return new DatabaseError(`${text}; the transaction is rolled back`, {
    ...detailsOf(error),
    outcome: 'not-applied',
    cause: error,
  });
}

function createLostError(): DatabaseError {
  return new DatabaseError(
    'the server ended the transaction (another writer waited too long); nothing of it was kept',
    {
      code: 'TRANSACTION_CLOSED',
      kind: 'busy',
      outcome: 'not-applied',
    },
  );
}
