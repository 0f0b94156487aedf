import type { IntMode, ResultSet, Row } from '@libsql/core/api';
import { throwIfOver, type Deadline } from '../../async/deadline.js';
import type { FifoGate } from '../../async/fifo-gate.js';
import type {
  BatchOptions,
  DriverConnection,
  DriverTransaction,
  SharedCall,
} from '../../contract/connection.js';
import type { Statement, TransactionMode } from '../../contract/statement.js';
import { partOfScript, withOutcome } from '../../errors/database-error.js';
import { checkScript, checkStatement } from '../../sql/check-statement.js';
import { classifySql } from '../../sql/classify-sql.js';
import { splitScript } from '../../sql/split-script.js';
import { backupHandles } from './backup-handles.js';
import { closeHandles } from './close-handles.js';
import type { LocalReads } from './local-reads.js';
import { RowStreams } from './row-streams.js';
import { runReadNow } from './run-read-now.js';
import type { Session, SessionPool } from './session-pool.js';
import type { SqliteHandle } from './sqlite-handle.js';
import { SqliteTransaction } from './sqlite-transaction.js';
import { SqliteWriter, type WritingHandles } from './sqlite-writer.js';
import { whileBusy } from './while-busy.js';

/** The opened handles of one SQLite database. */
export interface SqliteHandles extends WritingHandles {
  /** Reads beside the writer; undefined for `:memory:`, whose single handle everybody shares. */
  readonly reader: SqliteHandle | undefined;
  readonly sessions: SessionPool | undefined;
  /** Undefined for `:memory:`, which no other handle can see. */
  readonly reads: LocalReads | undefined;
}

/** A SQLite database through better-sqlite3: short reads at once, beside one writer behind a FIFO gate. */
export class SqliteConnection implements DriverConnection {
  readonly databaseKey: string;
  readonly #handles: SqliteHandles;
  readonly #writer: SqliteWriter;
  readonly #intMode: IntMode;
  readonly #onClose: () => void;
  readonly #open = new Set<SqliteTransaction>();
  readonly #streams: RowStreams;

  constructor(
    databaseKey: string,
    handles: SqliteHandles,
    gate: FifoGate,
    intMode: IntMode,
    onClose: () => void,
  ) {
    this.databaseKey = databaseKey;
    this.#handles = handles;
    this.#writer = new SqliteWriter(handles, gate, intMode);
    this.#intMode = intMode;
    this.#onClose = onClose;
    this.#streams = new RowStreams(this, handles.reads);
  }

  execute(statement: Statement, deadline: Deadline): Promise<ResultSet> {
    // it was checked when it was prepared
    if (this.#handles.writer.find(statement.sql)?.found === 'change')
      return this.#writer.execute(statement, 'change', deadline);
    return this.#executeChecked(statement, deadline);
  }

  async #executeChecked(statement: Statement, deadline: Deadline): Promise<ResultSet> {
    const found = checkStatement(statement.sql, 'autocommit');
    throwIfOver(deadline, 'before the statement began');
    const { reads } = this.#handles;
    if (found === 'query' && reads !== undefined && !reads.writes(statement.sql)) {
      const result = await reads.run(statement, deadline);
      if (result !== undefined) return result;
    }
    return this.#writer.execute(statement, found, deadline);
  }

  /** A statement that was prepared before, and that has to wait for neither its handle nor its turn. */
  executeNow(statement: Statement, share?: () => SharedCall): ResultSet | Promise<ResultSet> | undefined {
    const { reads, writer } = this.#handles;
    if (reads !== undefined)
      return (
        reads.runNow(statement) ??
        this.#writer.runNow(statement) ??
        (share && this.#writer.collect(statement, share))
      );
    return this.#writer.isHeld ? undefined : runReadNow(writer, statement, this.#intMode);
  }

  async batch(
    statements: readonly Statement[],
    { mode, foreignKeys }: BatchOptions,
    deadline: Deadline,
  ): Promise<ResultSet[]> {
    if (foreignKeys)
      return this.#runBatch(
        statements,
        await this.begin(batchMode(statements, mode), deadline, 'a batch'),
        deadline,
      );
    const { writer } = this.#handles;
    return this.#writer.use(deadline, async () => {
      writer.run('PRAGMA foreign_keys = OFF');
      try {
        return await this.#runBatch(statements, await this.#beginOn(writer, 'write', deadline), deadline);
      } finally {
        if (writer.open) writer.run('PRAGMA foreign_keys = ON');
      }
    });
  }

  async executeMultiple(sql: string, deadline: Deadline): Promise<void> {
    checkScript(sql, 'autocommit');
    const { writer } = this.#handles;
    await this.#writer.use(deadline, async () => {
      let kept = false;
      try {
        for (const statement of splitScript(sql)) {
          throwIfOver(deadline, 'between two statements of a script');
          await whileBusy(() => writer.run(statement), deadline);
          kept ||= !writer.inTransaction;
        }
      } catch (error) {
        throw kept ? withOutcome(error, 'unknown', partOfScript) : error;
      } finally {
        if (writer.inTransaction) writer.run('ROLLBACK');
      }
    });
  }

  stream(statement: Statement, deadline: Deadline): AsyncIterableIterator<Row> {
    return this.#streams.open(statement, deadline);
  }

  async begin(mode: TransactionMode, deadline: Deadline, origin: string): Promise<DriverTransaction> {
    const { handle, release } = await this.#lend(mode, deadline, origin);
    try {
      this.#handles.guard?.assertInPlaceNowAndThen();
      return await this.#beginOn(handle, mode, deadline, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  async isRead({ sql }: Statement, deadline: Deadline): Promise<boolean> {
    if (checkStatement(sql, 'transaction') !== 'query') return false;
    const { reader, writer } = this.#handles;
    return whileBusy(() => (reader ?? writer).prepare(sql).prepared.readonly, deadline);
  }

  async ping(deadline: Deadline): Promise<void> {
    const { reader, writer, guard } = this.#handles;
    guard?.assertInPlace('not-applied');
    const probe = (): unknown =>
      (reader ?? writer).prepare('SELECT name FROM sqlite_schema LIMIT 1').prepared.get();
    await whileBusy(probe, deadline);
  }

  backup(file: string, verify: boolean, deadline: Deadline): Promise<readonly string[]> {
    const asWriter = <T>(until: Deadline, work: () => Promise<T>): Promise<T> =>
      this.#writer.use(until, work);
    return backupHandles(this.#handles, asWriter, file, verify, deadline);
  }

  waiting(): number {
    const { sessions, reads } = this.#handles;
    return this.#writer.waiting + (sessions?.waiting ?? 0) + (reads?.waiting ?? 0);
  }

  async close(deadline: Deadline): Promise<void> {
    const { reads, slowWrites } = this.#handles;
    await this.#streams.close();
    // one that cannot be rolled back ends with its handle
    for (const transaction of [...this.#open]) await transaction.rollback().catch(() => undefined);
    const leftBehind = (await reads?.close(deadline, slowWrites && [slowWrites]))?.leftBehind;
    try {
      closeHandles(this.#handles);
    } finally {
      // a thread that was left behind has the file open
      if (leftBehind === undefined) this.#onClose();
      else void leftBehind.then(this.#onClose);
    }
  }

  /** The writer behind its gate, or a session for a transaction that begins with a read. */
  async #lend(mode: TransactionMode, deadline: Deadline, origin: string): Promise<Session> {
    const { writer, sessions } = this.#handles;
    if (mode !== 'write' && sessions !== undefined) return sessions.acquire(mode, deadline);
    return { handle: writer, release: await this.#writer.enter(deadline, origin) };
  }

  async #beginOn(
    handle: SqliteHandle,
    mode: TransactionMode,
    deadline: Deadline,
    release?: () => void,
  ): Promise<SqliteTransaction> {
    // on the writer itself the gate is held already
    const turnsWriter = mode === 'deferred' && handle !== this.#handles.writer;
    const transaction = new SqliteTransaction({
      handle,
      mode,
      intMode: this.#intMode,
      guard: this.#handles.guard,
      acquireGate: turnsWriter ? (until) => this.#writer.enter(until) : undefined,
      onEnd: () => {
        this.#open.delete(transaction);
        release?.();
      },
    });
    await transaction.begin(deadline);
    this.#open.add(transaction);
    return transaction;
  }

  async #runBatch(
    statements: readonly Statement[],
    transaction: SqliteTransaction | DriverTransaction,
    deadline: Deadline,
  ): Promise<ResultSet[]> {
    try {
      const results = await transaction.batch(statements, deadline);
      await transaction.commit(deadline);
      return results;
    } finally {
      await transaction.rollback();
    }
  }
}

/** A deferred batch that writes may as well wait for its turn: it would fail with BUSY otherwise. */
function batchMode(statements: readonly Statement[], mode: TransactionMode): TransactionMode {
  if (mode !== 'deferred') return mode;
  return statements.every(({ sql }) => classifySql(sql) === 'query') ? 'deferred' : 'write';
}
