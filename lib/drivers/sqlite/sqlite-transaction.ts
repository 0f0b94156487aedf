import type { IntMode, ResultSet } from '@libsql/core/api';
import { throwIfOver, type Deadline } from '../../async/deadline.js';
import type { Release } from '../../async/fifo-gate.js';
import type { DriverTransaction } from '../../contract/connection.js';
import type { Statement, TransactionMode } from '../../contract/statement.js';
import { toBatchError } from '../../errors/database-error.js';
import { createTransactionClosedError } from '../../errors/usage-errors.js';
import { checkScript, checkStatement } from '../../sql/check-statement.js';
import { classifySql, type SqlClass } from '../../sql/classify-sql.js';
import { splitScript } from '../../sql/split-script.js';
import type { FileGuard } from './file-guard.js';
import { isStaleSnapshot, toSqliteError } from './sqlite-errors.js';
import type { SqliteHandle } from './sqlite-handle.js';
import { runStatement } from './sqlite-run.js';
import { whileBusy } from './while-busy.js';

/** What a transaction holds and gives back at its end. */
export interface TransactionHold {
  readonly handle: SqliteHandle;
  readonly mode: TransactionMode;
  readonly intMode: IntMode;
  readonly guard: FileGuard | undefined;
  /** Takes the write gate when a deferred transaction turns into a writer; undefined when it is held already. */
  readonly acquireGate: ((deadline: Deadline) => Promise<Release>) | undefined;
  /** Called once, after the handle has left the transaction. */
  readonly onEnd: () => void;
}

/** An interactive transaction on a handle of its own (or on the writer, whose gate it holds). */
export class SqliteTransaction implements DriverTransaction {
  readonly #hold: TransactionHold;
  #releaseGate: Release | undefined;
  #closed = false;
  #lostBy: Error | undefined;

  constructor(hold: TransactionHold) {
    this.#hold = hold;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get lostBy(): Error | undefined {
    return this.#lostBy;
  }

  /** Begins on the handle; the caller already holds what the mode needs. */
  async begin(deadline: Deadline): Promise<void> {
    const { handle, mode } = this.#hold;
    await whileBusy(() => handle.run(mode === 'write' ? 'BEGIN IMMEDIATE' : 'BEGIN DEFERRED'), deadline);
    if (mode === 'read') handle.run('PRAGMA query_only = ON');
  }

  async execute(statement: Statement, deadline: Deadline): Promise<ResultSet> {
    this.#assertOpen();
    await this.#prepareFor(checkStatement(statement.sql, 'transaction'), deadline);
    return this.#run(() => runStatement(this.#hold.handle, statement, this.#hold.intMode), deadline);
  }

  async batch(statements: readonly Statement[], deadline: Deadline): Promise<ResultSet[]> {
    const results: ResultSet[] = [];
    for (const [index, statement] of statements.entries()) {
      try {
        results.push(await this.execute(statement, deadline));
      } catch (error) {
        throw toBatchError(error, index);
      }
    }
    return results;
  }

  async executeMultiple(sql: string, deadline: Deadline): Promise<void> {
    this.#assertOpen();
    checkScript(sql, 'transaction');
    for (const statement of splitScript(sql)) {
      this.#assertOpen();
      await this.#prepareFor(classifySql(statement), deadline);
      await this.#run(() => this.#hold.handle.run(statement), deadline);
    }
  }

  async commit(deadline: Deadline): Promise<void> {
    this.#assertOpen();
    try {
      await whileBusy(() => {
        this.#assertOpen();
        this.#hold.handle.run('COMMIT');
      }, deadline);
      if (this.#hold.mode !== 'read') this.#hold.guard?.assertInPlace('unknown');
    } finally {
      this.#end();
    }
  }

  async rollback(): Promise<void> {
    await Promise.resolve();
    this.#end();
  }

  async #run<T>(work: () => T, deadline: Deadline): Promise<T> {
    throwIfOver(deadline, 'before the statement began');
    try {
      return await whileBusy(() => {
        this.#assertOpen();
        return work();
      }, deadline);
    } catch (error) {
      const ended = !this.#closed && !this.#hold.handle.inTransaction;
      if (ended || isStaleSnapshot(error)) this.#end(error as Error);
      throw error;
    }
  }

  /** A deferred transaction becomes a writer with its first statement that may write. */
  async #prepareFor(found: SqlClass, deadline: Deadline): Promise<void> {
    const { acquireGate } = this.#hold;
    if (found === 'query' || found === 'savepoint' || acquireGate === undefined || this.#releaseGate) return;
    this.#releaseGate = await acquireGate(deadline);
    if (this.#closed) this.#releaseGate();
    this.#assertOpen();
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
    const { handle, mode, onEnd } = this.#hold;
    try {
      if (handle.inTransaction) handle.run('ROLLBACK');
      if (mode === 'read') handle.run('PRAGMA query_only = OFF');
    } catch (error) {
      throw toSqliteError(error);
    } finally {
      this.#releaseGate?.();
      onEnd();
    }
  }
}
