import type { Row } from '@libsql/core/api';
import { throwIfOver, type Deadline } from '../../async/deadline.js';
import type { DriverConnection } from '../../contract/connection.js';
import type { Statement } from '../../contract/statement.js';
import { createStreamWritesError } from '../../errors/usage-errors.js';
import { checkStatement } from '../../sql/check-statement.js';
import type { LocalReads } from './local-reads.js';

/** The open streams of a connection, each on a reader of its own. */
export class RowStreams {
  readonly #connection: Pick<DriverConnection, 'execute' | 'isRead'>;
  readonly #reads: LocalReads | undefined;
  readonly #open = new Set<AsyncIterableIterator<Row>>();

  constructor(connection: Pick<DriverConnection, 'execute' | 'isRead'>, reads: LocalReads | undefined) {
    this.#connection = connection;
    this.#reads = reads;
  }

  open(statement: Statement, deadline: Deadline): AsyncIterableIterator<Row> {
    const rows: AsyncGenerator<Row, void, undefined> = this.#stream(statement, deadline, () => rows);
    return rows;
  }

  /** Ends them all. */
  async close(): Promise<void> {
    for (const rows of [...this.#open]) await rows.return?.();
  }

  async *#stream(
    statement: Statement,
    deadline: Deadline,
    itself: () => AsyncIterableIterator<Row>,
  ): AsyncGenerator<Row, void, undefined> {
    const rows = itself();
    this.#open.add(rows);
    try {
      if (checkStatement(statement.sql, 'autocommit') !== 'query') throw createStreamWritesError();
      throwIfOver(deadline, 'before the statement began');
      if (this.#reads === undefined) yield* await this.#readAtOnce(statement, deadline);
      else yield* this.#reads.stream(statement, deadline);
    } finally {
      this.#open.delete(rows);
    }
  }

  /** `:memory:` has a single handle, and a statement that is not read through would keep everybody out of it. */
  async #readAtOnce(statement: Statement, deadline: Deadline): Promise<Row[]> {
    if (!(await this.#connection.isRead(statement, deadline))) throw createStreamWritesError();
    return (await this.#connection.execute(statement, deadline)).rows;
  }
}
