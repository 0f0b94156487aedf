import type { IntMode, ResultSet } from '@libsql/core/api';
import { throwIfOver, type Deadline } from '../../async/deadline.js';
import type { DriverTransaction } from '../../contract/connection.js';
import type { Reporter } from '../../contract/driver.js';
import type { Statement, TransactionMode } from '../../contract/statement.js';
import { toBatchError, withOutcome, type DatabaseError } from '../../errors/database-error.js';
import { createTransactionClosedError } from '../../errors/usage-errors.js';
import { checkScript, checkStatement } from '../../sql/check-statement.js';
import { splitScript } from '../../sql/split-script.js';
import type { HranaClient } from './hrana-client.js';
import type { HranaBatchResult, HranaStep } from './hrana-protocol.js';
import { HranaStream } from './hrana-stream.js';
import { decodeResult } from './hrana-values.js';
import type { ReadOnlyGuard } from './read-only-guard.js';
import { createLostError, reportUnsentRollback } from './lost-transaction.js';
import { readStep, takeBatch } from './read-results.js';
import { begin, guarded, guardedStatement, probeAutocommit } from './steps.js';

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
  readonly #stream: HranaStream;
  #begun = false;
  #closed = false;
  #lostBy: Error | undefined;
  #ending: Promise<void> | undefined;

  constructor(hold: TursoTransactionHold) {
    this.#hold = hold;
    this.#stream = new HranaStream(hold.client);
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
    if (!this.#begun) return this.rollback();
    try {
      const { batch, refusedBy } = await this.#sendSteps([guarded('COMMIT')], deadline, true);
      if (refusedBy !== undefined) throw refusedBy;
      const { result, error } = readStep(this.#hold.client, batch, 0);
      if (error !== undefined) throw error;
      if (result === undefined) throw createLostError();
    } finally {
      if (!this.#closed) this.#hold.onEnd();
      this.#closed = true;
    }
  }

  async rollback(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#endOnServer();
  }

  /** Rolls back, and waits for a rollback that is still on its way: at most 2 s. */
  async close(): Promise<void> {
    await this.rollback();
    await this.#ending;
  }

  /** Runs the statements in one request, up to the first that fails; `wrap` gives its error the index. */
  async #run(statements: readonly Statement[], deadline: Deadline, wrap: Wrap): Promise<ResultSet[]> {
    this.#assertOpen();
    const { steps, failure } = await this.#prepareSteps(statements, deadline);
    const results = await this.#runSteps(statements.slice(0, steps.length), steps, deadline, wrap);
    if (failure !== undefined) throw wrap(failure.error, steps.length);
    return results;
  }

  async #runSteps(
    statements: readonly Statement[],
    steps: readonly HranaStep[],
    deadline: Deadline,
    wrap: Wrap,
  ): Promise<ResultSet[]> {
    if (steps.length === 0) return [];
    throwIfOver(deadline, 'before the statement was sent');
    const first = this.#begun ? 0 : 1;
    const beginning = first === 1 ? [begin(this.#hold.mode)] : [];
    const answer = await this.#sendSteps([...beginning, ...steps, probeAutocommit()], deadline);
    if (answer.refusedBy !== undefined) {
      if (steps.length === 1) throw wrap(answer.refusedBy, 0);
      return this.#runOneByOne(statements, deadline, wrap);
    }
    if (first === 1) this.#readBegin(answer.batch);
    return this.#readResults(statements, answer.batch, first, wrap);
  }

  /** The server's parser refuses a request as a whole; alone, each statement before the bad one runs, as on a local file. */
  async #runOneByOne(statements: readonly Statement[], deadline: Deadline, wrap: Wrap): Promise<ResultSet[]> {
    const results: ResultSet[] = [];
    for (const [index, statement] of statements.entries()) {
      results.push(...(await this.#run([statement], deadline, (error) => wrap(error, index))));
    }
    return results;
  }

  /** The steps of the statements, up to the first that must not or cannot run. */
  async #prepareSteps(
    statements: readonly Statement[],
    deadline: Deadline,
  ): Promise<{ steps: HranaStep[]; failure?: { error: unknown } }> {
    const steps: HranaStep[] = [];
    for (const statement of statements) {
      try {
        if (this.#hold.mode === 'read') await this.#hold.readOnly.assertReads(statement, deadline);
        else checkStatement(statement.sql, 'transaction');
        // each one waits for the one before it; the first one of a new transaction for BEGIN
        const after = steps.length + (this.#begun ? 0 : 1) - 1;
        steps.push(guardedStatement(statement, after < 0 ? undefined : after));
      } catch (error) {
        return { steps, failure: { error } };
      }
    }
    return { steps };
  }

  #readBegin(batch: HranaBatchResult): void {
    const { error } = readStep(this.#hold.client, batch, 0);
    if (error === undefined) return;
    this.#lose(error);
    throw error;
  }

  #readResults(
    statements: readonly Statement[],
    batch: HranaBatchResult,
    first: number,
    wrap: Wrap,
  ): ResultSet[] {
    const { client, intMode } = this.#hold;
    const ended = readStep(client, batch, first + statements.length).result !== undefined;
    const results: ResultSet[] = [];
    for (const [index, { sql }] of statements.entries()) {
      const { result, error } = readStep(client, batch, first + index);
      if (result === undefined) {
        const failure = error ?? createLostError();
        if (ended || error === undefined) this.#lose(failure);
        throw wrap(failure, index);
      }
      results.push(decodeResult(result, sql, intMode));
    }
    if (ended) this.#lose(createLostError());
    return results;
  }

  /**
   * One request on the transaction's stream. Without its answer the transaction is lost. A request that the server's parser refuses
   * did nothing, not even its BEGIN, and the stream goes on; one that it refuses later (too large an answer) did a part, and ends it.
   */
  async #sendSteps(steps: readonly HranaStep[], deadline: Deadline, commits = false): Promise<StepsAnswer> {
    const { client } = this.#hold;
    const begunBefore = this.#begun;
    const requests = [
      { type: 'batch', batch: { steps } } as const,
      ...(commits ? [{ type: 'close' } as const] : []),
    ];
    this.#begun = true;
    try {
      const answer = await this.#stream.send(requests, deadline).finally(() => {
        if (this.#closed) void this.#rollBackBehind();
      });
      const [result] = answer.results;
      if (result?.type !== 'error') return { batch: takeBatch(client, answer, 0, steps.length) };
      const refusedBy = client.toStatementError(result.error);
      if (refusedBy.kind !== 'syntax') throw refusedBy;
      this.#begun = begunBefore;
      return { refusedBy };
    } catch (error) {
      // without COMMIT nothing of a transaction persists, whatever became of the statement itself
      const failure = commits ? error : withOutcome(error, 'not-applied', 'the transaction is rolled back');
      this.#lose(failure as Error);
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

  /** The caller is told at once; the write gate and the stream stay taken until the server has rolled back, or cannot be told. */
  #lose(lostBy: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lostBy = lostBy;
    void this.#endOnServer();
  }

  /** A rollback that did not wait for the request in flight came before its BEGIN, or with a baton that was used. Never throws. */
  #rollBackBehind(): Promise<void> {
    return this.#stream.rollback().catch((error: unknown) => reportUnsentRollback(error, this.#hold.report));
  }

  /** Never throws. */
  #endOnServer(): Promise<void> {
    this.#ending = this.#rollBackBehind().finally(this.#hold.onEnd);
    return this.#ending;
  }
}

/** Gives an error the index of its statement, or leaves it. */
type Wrap = (error: unknown, index: number) => unknown;

/** What a request answered: its steps, or why it was refused whole. */
type StepsAnswer =
  | { readonly batch: HranaBatchResult; readonly refusedBy?: undefined }
  | { readonly refusedBy: DatabaseError; readonly batch?: undefined };
