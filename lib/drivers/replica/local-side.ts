import type { ResultSet, Row } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import type { BatchOptions } from '../../contract/connection.js';
import type { Statement } from '../../contract/statement.js';
import { DatabaseError } from '../../errors/database-error.js';
import { isBrokenFile, isForPrimary, isUnreadableSchema, type LocalReads } from './local-reads.js';
import type { LocalTransaction } from './local-transaction.js';

/** Rows of which the first has come, so that nothing can refuse them as a whole any more. */
export interface BegunRows {
  readonly first: IteratorResult<Row, unknown>;
  readonly rows: AsyncIterableIterator<Row>;
}

/** Answers from the file. Whatever it cannot answer, and the primary may, is `undefined`. */
export class LocalSide {
  readonly #reads: LocalReads;
  readonly #onBroken: (error: DatabaseError) => void;
  #count = 0;

  /** @param onBroken told when the file, or its schema, cannot be read */
  constructor(reads: LocalReads, onBroken: (error: DatabaseError) => void) {
    this.#reads = reads;
    this.#onBroken = onBroken;
  }

  /** How many reads it has answered. */
  get count(): number {
    return this.#count;
  }

  get waiting(): number {
    return this.#reads.waiting;
  }

  /** A statement that was prepared before, and that has to wait for nothing. */
  executeNow(statement: Statement): ResultSet | undefined {
    try {
      const result = this.#reads.runNow(statement);
      if (result !== undefined) this.#count++;
      return result;
    } catch (error) {
      this.#assertForPrimary(error);
      return undefined;
    }
  }

  execute(statement: Statement, deadline: Deadline): Promise<ResultSet | undefined> {
    return this.#try(() => this.#reads.run(statement, deadline));
  }

  batch(
    statements: readonly Statement[],
    options: BatchOptions,
    deadline: Deadline,
  ): Promise<ResultSet[] | undefined> {
    return this.#try(() => this.#runBatch(statements, options, deadline));
  }

  stream(statement: Statement, deadline: Deadline): Promise<BegunRows | undefined> {
    return this.#try(() => beginRows(this.#reads.stream(statement, deadline)));
  }

  begin(deadline: Deadline): Promise<LocalTransaction | undefined> {
    return this.#try(() => this.#reads.begin(deadline));
  }

  /** @throws DatabaseError when the file cannot be read */
  async ping(deadline: Deadline): Promise<void> {
    try {
      await this.#reads.ping(deadline);
    } catch (error) {
      this.note(error);
      throw error;
    }
  }

  /** Reading it has failed: perhaps for everybody. */
  note(error: unknown): void {
    if (error instanceof DatabaseError && (isBrokenFile(error) || isUnreadableSchema(error)))
      this.#onBroken(error);
  }

  async #try<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      const found = await read();
      if (found !== undefined) this.#count++;
      return found;
    } catch (error) {
      this.#assertForPrimary(error);
      return undefined;
    }
  }

  #assertForPrimary(error: unknown): void {
    if (!isForPrimary(error)) throw error;
    this.note(error);
  }

  async #runBatch(
    statements: readonly Statement[],
    { mode }: BatchOptions,
    deadline: Deadline,
  ): Promise<ResultSet[] | undefined> {
    const transaction = await this.#reads.begin(deadline);
    if (transaction === undefined) return undefined;
    try {
      return await transaction.batch(statements, deadline);
    } catch (error) {
      // a batch has shown nothing yet, so it may as well run on the primary
      if (transaction.lostBy !== undefined || (mode === 'deferred' && isRefusedWrite(error)))
        return undefined;
      throw error;
    } finally {
      await transaction.rollback();
    }
  }
}

/** Waits for the first row. @throws what the statement fails with */
export async function beginRows(rows: AsyncIterableIterator<Row>): Promise<BegunRows> {
  return { first: await rows.next(), rows };
}

/** The rows, the first one included. */
export async function* takeRows({ first, rows }: BegunRows): AsyncGenerator<Row, void, undefined> {
  if (first.done === true) return;
  try {
    yield first.value;
    yield* rows;
  } finally {
    await rows.return?.();
  }
}

/** `WITH … INSERT` looks like a query until SQLite has read it. */
function isRefusedWrite(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === 'SQLITE_READONLY';
}
