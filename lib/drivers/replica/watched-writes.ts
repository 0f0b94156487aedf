import type { ResultSet, Row } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import type { BatchOptions, DriverConnection, DriverTransaction } from '../../contract/connection.js';
import type { Statement, TransactionMode } from '../../contract/statement.js';
import { DatabaseError } from '../../errors/database-error.js';
import { checkStatement } from '../../sql/check-statement.js';
import { firstKeyword } from '../../sql/classify-sql.js';
import type { Freshness } from './freshness.js';
import { hasWritten } from './has-written.js';

/**
 * How long a write whose outcome is unknown may still be applied, in milliseconds: the server lets a writer wait for 5 s and drops an
 * idle stream after 10 s; the rest is for the network.
 */
const unsettledMs = 30_000;

/** The connection to the primary, whose writes the reads of the replica wait for. */
export class WatchedWrites implements DriverConnection {
  readonly databaseKey: string;
  readonly #primary: DriverConnection;
  readonly #freshness: Freshness;
  readonly #onWritten: () => void;
  readonly #onImpossible: () => void;

  /** @param onImpossible a write was acknowledged at a position that was applied before it began */
  constructor(
    primary: DriverConnection,
    freshness: Freshness,
    onWritten: () => void,
    onImpossible: () => void,
  ) {
    this.databaseKey = primary.databaseKey;
    this.#primary = primary;
    this.#freshness = freshness;
    this.#onWritten = onWritten;
    this.#onImpossible = onImpossible;
  }

  execute(statement: Statement, deadline: Deadline): Promise<ResultSet> {
    return this.#watch(
      () => this.#primary.execute(statement, deadline),
      (result) => hasWritten(statement, result),
      [statement],
    );
  }

  batch(statements: readonly Statement[], options: BatchOptions, deadline: Deadline): Promise<ResultSet[]> {
    return this.#watch(
      () => this.#primary.batch(statements, options, deadline),
      (results) => statements.some((each, index) => hasWritten(each, results[index])),
      statements,
    );
  }

  /** The server names no position for a script. */
  async executeMultiple(sql: string, deadline: Deadline): Promise<void> {
    try {
      await this.#watch(
        () => this.#primary.executeMultiple(sql, deadline),
        () => false,
      );
    } finally {
      this.#freshness.needNextSync();
      this.#onWritten();
    }
  }

  stream(statement: Statement, deadline: Deadline): AsyncIterableIterator<Row> {
    return this.#primary.stream(statement, deadline);
  }

  async begin(mode: TransactionMode, deadline: Deadline, origin: string): Promise<DriverTransaction> {
    const transaction = await this.#primary.begin(mode, deadline, origin);
    const watch = (work: () => Promise<void>, changed: () => boolean): Promise<void> =>
      this.#watch(work, changed);
    return mode === 'read' ? transaction : new WatchedTransaction(transaction, watch);
  }

  isRead(statement: Statement, deadline: Deadline): Promise<boolean> {
    return this.#primary.isRead(statement, deadline);
  }

  ping(deadline: Deadline): Promise<void> {
    return this.#primary.ping(deadline);
  }

  waiting(): number {
    return this.#primary.waiting();
  }

  close(deadline: Deadline): Promise<void> {
    return this.#primary.close(deadline);
  }

  async #watch<T>(
    work: () => Promise<T>,
    changed: (result: T) => boolean,
    statements?: readonly Statement[],
  ): Promise<T> {
    const isPlausible = this.#freshness.observeWrite();
    try {
      const result = await work();
      if (changed(result) && !isPlausible()) this.#onImpossible();
      return result;
    } catch (error) {
      const isUnknown = error instanceof DatabaseError && error.outcome !== 'not-applied';
      if (isUnknown && !statements?.every(surelyReads)) this.#freshness.unsettle(unsettledMs);
      throw error;
    } finally {
      if (!this.#freshness.namesFrames) this.#freshness.needNextSync();
      if (!this.#freshness.isFresh) this.#onWritten();
    }
  }
}

/** A transaction that may write: nothing of it counts before its commit. */
class WatchedTransaction implements DriverTransaction {
  readonly #transaction: DriverTransaction;
  readonly #watch: (work: () => Promise<void>, changed: () => boolean) => Promise<void>;
  #hasWritten = false;
  /** What a savepoint has taken back counts no more. */
  #hasUndone = false;

  constructor(
    transaction: DriverTransaction,
    watch: (work: () => Promise<void>, changed: () => boolean) => Promise<void>,
  ) {
    this.#transaction = transaction;
    this.#watch = watch;
  }

  get closed(): boolean {
    return this.#transaction.closed;
  }

  get lostBy(): Error | undefined {
    return this.#transaction.lostBy;
  }

  async execute(statement: Statement, deadline: Deadline): Promise<ResultSet> {
    const result = await this.#transaction.execute(statement, deadline);
    this.#hasUndone ||= firstKeyword(statement.sql) === 'ROLLBACK';
    this.#hasWritten ||= hasWritten(statement, result);
    return result;
  }

  async batch(statements: readonly Statement[], deadline: Deadline): Promise<ResultSet[]> {
    const results = await this.#transaction.batch(statements, deadline);
    this.#hasWritten ||= statements.some((each, index) => hasWritten(each, results[index]));
    return results;
  }

  executeMultiple(sql: string, deadline: Deadline): Promise<void> {
    return this.#transaction.executeMultiple(sql, deadline);
  }

  commit(deadline: Deadline): Promise<void> {
    return this.#watch(
      () => this.#transaction.commit(deadline),
      () => this.#hasWritten && !this.#hasUndone,
    );
  }

  rollback(): Promise<void> {
    return this.#transaction.rollback();
  }
}

const writingWord = /\b(?:insert|replace|update|delete)\b/i;

/** What was sent and only reads leaves nothing behind. Where that is not plain, it counts as a write: the primary may not answer. */
function surelyReads({ sql }: Statement): boolean {
  if (checkStatement(sql, 'transaction') !== 'query') return false;
  return firstKeyword(sql) !== 'WITH' || !writingWord.test(sql);
}
