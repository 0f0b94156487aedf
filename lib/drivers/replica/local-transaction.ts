import type { IntMode, ResultSet } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import type { DriverTransaction } from '../../contract/connection.js';
import type { Statement } from '../../contract/statement.js';
import { DatabaseError } from '../../errors/database-error.js';
import { createTransactionClosedError } from '../../errors/usage-errors.js';
import type { SqliteHandle } from '../sqlite/sqlite-handle.js';
import { SqliteTransaction } from '../sqlite/sqlite-transaction.js';

/** A transaction that reads one snapshot of the replica, until its owner or a change of the file ends it. */
export class LocalTransaction implements DriverTransaction {
  readonly #transaction: SqliteTransaction;
  #lostBy: DatabaseError | undefined;

  constructor(handle: SqliteHandle, intMode: IntMode, onEnd: () => void) {
    this.#transaction = new SqliteTransaction({
      handle,
      mode: 'read',
      intMode,
      guard: undefined,
      acquireGate: undefined,
      onEnd,
    });
  }

  get closed(): boolean {
    return this.#transaction.closed;
  }

  get lostBy(): Error | undefined {
    return this.#lostBy ?? this.#transaction.lostBy;
  }

  /** Takes the snapshot at once: SQLite itself would wait for the first statement. */
  async begin(deadline: Deadline): Promise<void> {
    await this.#transaction.begin(deadline);
    await this.#transaction.execute({ sql: 'SELECT 1 FROM sqlite_schema LIMIT 1', args: [] }, deadline);
  }

  async execute(statement: Statement, deadline: Deadline): Promise<ResultSet> {
    this.#assertKept();
    return this.#transaction.execute(statement, deadline);
  }

  async batch(statements: readonly Statement[], deadline: Deadline): Promise<ResultSet[]> {
    this.#assertKept();
    return this.#transaction.batch(statements, deadline);
  }

  async executeMultiple(sql: string, deadline: Deadline): Promise<void> {
    this.#assertKept();
    return this.#transaction.executeMultiple(sql, deadline);
  }

  async commit(deadline: Deadline): Promise<void> {
    this.#assertKept();
    return this.#transaction.commit(deadline);
  }

  rollback(): Promise<void> {
    return this.#transaction.rollback();
  }

  /** Ends it, because what it has read must not be taken for the data of the primary any more. It may run again. Never throws. */
  async lose(): Promise<void> {
    this.#lostBy = createLostError();
    await this.#transaction.rollback().catch(() => undefined);
  }

  #assertKept(): void {
    if (this.#lostBy === undefined) return;
    throw createTransactionClosedError(
      'The transaction read a replica that is given up; run it again',
      this.#lostBy,
    );
  }
}

/** Also when a statement must go to the primary, whose data is another snapshot. */
export function createLostError(cause?: unknown): DatabaseError {
  return new DatabaseError('the replica could not serve the transaction to its end; run it again', {
    code: 'REPLICA_MOVED',
    kind: 'busy',
    outcome: 'not-applied',
    cause,
  });
}
