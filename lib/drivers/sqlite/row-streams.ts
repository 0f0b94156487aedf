import type { IntMode, Row } from '@libsql/core/api';
import { throwIfOver, type Deadline } from '../../async/deadline.js';
import type { DriverConnection } from '../../contract/connection.js';
import type { Statement } from '../../contract/statement.js';
import { createStreamWritesError } from '../../errors/usage-errors.js';
import { checkStatement } from '../../sql/check-statement.js';
import type { FileGuard } from './file-guard.js';
import type { SessionPool } from './session-pool.js';
import { streamRows } from './stream-rows.js';

/** What streams read on. */
interface StreamHandles {
  readonly sessions: SessionPool | undefined;
  readonly guard: FileGuard | undefined;
}

/** The open streams of a connection, each on a reader of its own. */
export class RowStreams {
  readonly #connection: Pick<DriverConnection, 'execute' | 'isRead'>;
  readonly #handles: StreamHandles;
  readonly #intMode: IntMode;
  readonly #open = new Set<AsyncIterableIterator<Row>>();

  constructor(
    connection: Pick<DriverConnection, 'execute' | 'isRead'>,
    handles: StreamHandles,
    intMode: IntMode,
  ) {
    this.#connection = connection;
    this.#handles = handles;
    this.#intMode = intMode;
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
      const { sessions } = this.#handles;
      if (sessions === undefined) yield* await this.#readAtOnce(statement, deadline);
      else yield* this.#readOn(sessions, statement, deadline);
    } finally {
      this.#open.delete(rows);
    }
  }

  async *#readOn(
    sessions: SessionPool,
    statement: Statement,
    deadline: Deadline,
  ): AsyncGenerator<Row, void, undefined> {
    this.#handles.guard?.assertInPlaceNowAndThen();
    const { handle, release } = await sessions.acquire('read', deadline);
    try {
      yield* streamRows(handle, statement, this.#intMode, deadline);
    } finally {
      release();
    }
  }

  /** `:memory:` has a single handle, and a statement that is not read through would keep everybody out of it. */
  async #readAtOnce(statement: Statement, deadline: Deadline): Promise<Row[]> {
    if (!(await this.#connection.isRead(statement, deadline))) throw createStreamWritesError();
    return (await this.#connection.execute(statement, deadline)).rows;
  }
}
