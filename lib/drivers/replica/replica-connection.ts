import type { ResultSet, Row } from '@libsql/core/api';
import { narrowDeadline, throwIfOver, type Deadline } from '../../async/deadline.js';
import type {
  BatchOptions,
  DriverConnection,
  DriverReplica,
  DriverTransaction,
} from '../../contract/connection.js';
import type { Consistency, Statement, TransactionMode } from '../../contract/statement.js';
import { DatabaseError } from '../../errors/database-error.js';
import { checkStatement } from '../../sql/check-statement.js';
import { classifySql } from '../../sql/classify-sql.js';
import type { Freshness } from './freshness.js';
import { isBrokenFile, isForPrimary, isUnreadableSchema, type LocalReads } from './local-reads.js';
import { ReplicaTransaction } from './replica-transaction.js';
import type { ReplicaSync } from './replica-sync.js';
import { WatchedWrites } from './watched-writes.js';

/** What a connection with a replica is made of. */
export interface ReplicaConnectionParts {
  /** To the primary, with its layers. */
  readonly primary: DriverConnection;
  readonly reads: LocalReads;
  readonly freshness: Freshness;
  readonly sync: ReplicaSync;
  readonly consistency: Consistency;
  readonly maxStalenessMs: number;
}

/** How long a read waits for the replica before it goes to the primary, in milliseconds. */
const longestWaitMs = 1_000;
/** Reads go to the primary for so long after a transaction that the replica could not serve to its end, in milliseconds. */
const avoidMs = 1_000;

/** A Turso database whose reads are answered by a local file where that is as right as asking the primary. */
export class ReplicaConnection implements DriverConnection {
  readonly databaseKey: string;
  readonly replica: DriverReplica;
  readonly #parts: ReplicaConnectionParts;
  readonly #writes: WatchedWrites;
  #localReads = 0;
  #remoteReads = 0;
  #avoidUntil = -Infinity;

  constructor(parts: ReplicaConnectionParts) {
    const { primary, freshness, sync, maxStalenessMs } = parts;
    this.#parts = parts;
    this.databaseKey = primary.databaseKey;
    this.#writes = new WatchedWrites(primary, freshness, () => sync.wake());
    this.replica = {
      primary: this.#writes,
      status: () => {
        const { details, state } = sync;
        return {
          state,
          frame: freshness.frame,
          framesBehind: freshness.framesBehind,
          ...details,
          isStale: state === 'serving' && (details.ageMs ?? 0) > maxStalenessMs,
          localReads: this.#localReads,
          remoteReads: this.#remoteReads,
        };
      },
      sync: (deadline) => sync.sync(deadline),
    };
  }

  async execute(statement: Statement, deadline: Deadline): Promise<ResultSet> {
    const reads = checkStatement(statement.sql, 'autocommit') === 'query';
    if (!reads) return this.#writes.execute(statement, deadline);
    if (isLocalQuery(statement.sql) && (await this.#mayReadLocally(statement.consistency, deadline))) {
      throwIfOver(deadline, 'before the statement began');
      const result = await this.#tryLocally(() => this.#parts.reads.run(statement, deadline));
      if (result !== undefined) return result;
    }
    this.#remoteReads++;
    return this.#writes.execute(statement, deadline);
  }

  async batch(
    statements: readonly Statement[],
    options: BatchOptions,
    deadline: Deadline,
  ): Promise<ResultSet[]> {
    const reads =
      options.mode !== 'write' && options.foreignKeys && statements.every(({ sql }) => isLocalQuery(sql));
    if (reads && (await this.#mayReadLocally(options.consistency, deadline))) {
      const results = await this.#tryLocally(() => this.#batchLocally(statements, options, deadline));
      if (results !== undefined) return results;
    }
    if (reads) this.#remoteReads++;
    return this.#writes.batch(statements, options, deadline);
  }

  executeMultiple(sql: string, deadline: Deadline): Promise<void> {
    return this.#writes.executeMultiple(sql, deadline);
  }

  async *stream(statement: Statement, deadline: Deadline): AsyncGenerator<Row, void, undefined> {
    const reads = checkStatement(statement.sql, 'autocommit') === 'query' && isLocalQuery(statement.sql);
    if (reads && (await this.#mayReadLocally(statement.consistency, deadline))) {
      const rows = this.#parts.reads.stream(statement, deadline);
      const first = await this.#tryLocally(() => rows.next());
      if (first !== undefined) {
        if (first.done === true) return;
        try {
          yield first.value;
          return yield* rows;
        } finally {
          await rows.return();
        }
      }
    }
    if (reads) this.#remoteReads++;
    yield* this.#writes.stream(statement, deadline);
  }

  async begin(
    mode: TransactionMode,
    deadline: Deadline,
    origin: string,
    consistency?: Consistency,
  ): Promise<DriverTransaction> {
    const onPrimary = (): Promise<DriverTransaction> => this.#writes.begin(mode, deadline, origin);
    if (mode !== 'read' || !(await this.#mayReadLocally(consistency, deadline))) return onPrimary();
    const local = await this.#tryLocally(() => this.#parts.reads.begin(deadline));
    if (local === undefined) return onPrimary();
    return new ReplicaTransaction(local, onPrimary, (error) => {
      this.#onLocalError(error);
      this.#avoidUntil = performance.now() + avoidMs;
    });
  }

  isRead(statement: Statement, deadline: Deadline): Promise<boolean> {
    return this.#writes.isRead(statement, deadline);
  }

  /** Answers while either of the two can serve. */
  async ping(deadline: Deadline): Promise<void> {
    if (this.#parts.sync.state !== 'serving') return this.#writes.ping(deadline);
    await this.#parts.reads.ping(deadline).catch((error: unknown) => {
      this.#onLocalError(error);
      return this.#writes.ping(deadline);
    });
  }

  waiting(): number {
    return this.#writes.waiting() + this.#parts.reads.waiting;
  }

  async close(deadline: Deadline): Promise<void> {
    await this.#parts.sync.close();
    await this.#writes.close(deadline);
  }

  /** @returns undefined when the primary must be asked instead */
  async #tryLocally<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      const found = await read();
      if (found !== undefined) this.#localReads++;
      return found;
    } catch (error) {
      if (!isForPrimary(error)) throw error;
      this.#onLocalError(error);
      return undefined;
    }
  }

  async #batchLocally(
    statements: readonly Statement[],
    { mode }: BatchOptions,
    deadline: Deadline,
  ): Promise<ResultSet[] | undefined> {
    const transaction = await this.#parts.reads.begin(deadline);
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

  /** Waits until the replica has what the read must see, but not for long: then the primary is the safe way. */
  async #mayReadLocally(asked: Consistency | undefined, deadline: Deadline): Promise<boolean> {
    const { sync, freshness, consistency } = this.#parts;
    const wanted = asked ?? consistency;
    if (wanted === 'primary' || performance.now() < this.#avoidUntil) return false;
    const isUsable = (): boolean => sync.state === 'serving' && (sync.mayReadLog || sync.isAway);
    if (wanted === 'replica' || (freshness.isFresh && isUsable())) return isUsable();
    const patience = narrowDeadline(deadline, longestWaitMs);
    while (isUsable() && !freshness.isUnsettled && !sync.isAway) {
      if (freshness.isFresh) return true;
      try {
        await sync.next(patience);
      } catch (error) {
        throwIfOver(deadline, 'waiting for the replica');
        if (error instanceof DatabaseError && error.kind === 'timeout') return false;
        throw error;
      }
    }
    return false;
  }

  #onLocalError(error: unknown): void {
    if (error instanceof DatabaseError && (isBrokenFile(error) || isUnreadableSchema(error)))
      this.#parts.sync.onReadError(error);
  }
}

/** A pragma asks about the database that it reaches, and its answer may differ from the primary's. */
function isLocalQuery(sql: string): boolean {
  return classifySql(sql) === 'query';
}

/** `WITH … INSERT` looks like a query until SQLite has read it. */
function isRefusedWrite(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === 'SQLITE_READONLY';
}
