import type { Replicated, ResultSet, Row } from '@libsql/core/api';
import type { Deadline } from '../async/deadline.js';
import type { Consistency, Statement, TransactionMode } from './statement.js';

/** How far a replica is behind its primary, and what it does about it. */
export interface ReplicaStatus {
  /**
   * `building` before the first sync and after the data became useless, `serving` when reads may be local, `checking` while the primary
   * is asked whether it is still the same database, `schema` when this SQLite cannot read the schema of the primary. In all but
   * `serving` reads go to the primary.
   */
  readonly state: 'building' | 'serving' | 'checking' | 'schema';
  /** Position in the log of the primary that is applied; undefined before the first sync. */
  readonly frame: bigint | undefined;
  /** How many frames of those that the primary has told of are not applied yet. */
  readonly framesBehind: bigint;
  /** How old the data may be at most, in milliseconds: the time since the last successful sync began. */
  readonly ageMs: number | undefined;
  /** When the last successful sync ended. */
  readonly lastSyncAt: Date | undefined;
  /** Code of the error of the last sync; undefined when it succeeded. */
  readonly lastSyncError: string | undefined;
  /** Names the log of the primary that the data comes from. It changes when the primary was reset. */
  readonly historyId: string | undefined;
  /** Reads are local, and `ageMs` is beyond `maxStalenessMs`. */
  readonly isStale: boolean;
  /** Reads that the replica has answered, and reads that went to the primary. */
  readonly localReads: number;
  readonly remoteReads: number;
  /** Of those, how many the replica has answered after all, marked as stale, because the primary did not (`fallback.replica`). */
  readonly fallbackReads: number;
  /** How often the file was thrown away and filled anew. */
  readonly rebuilds: number;
}

/** What stands beside a connection that reads a replica. */
export interface DriverReplica {
  /** The connection to the primary alone, for work that must not read a copy: migrations. */
  readonly primary: DriverConnection;
  status(): ReplicaStatus;
  /** Applies what the primary has now, at least. @throws DatabaseError */
  sync(deadline: Deadline): Promise<Replicated>;
}

/** How a batch runs. */
export interface BatchOptions {
  readonly mode: TransactionMode;
  /** `false` switches foreign-key enforcement off around the transaction, as libSQL's `migrate` does. */
  readonly foreignKeys: boolean;
  /** The caller declared that running it twice is the same as once. */
  readonly idempotent?: boolean;
  readonly consistency?: Consistency | undefined;
}

/** What calls have in common that come in one turn of the event loop. */
export interface SharedCall {
  readonly deadline: Deadline;
  /** One of them has come. */
  begin(): void;
  /**
   * One of them is answered.
   * @param error what it failed with
   */
  end(error?: unknown): void;
}

/**
 * One opened database as a driver offers it, without joining, options or lifecycle: those belong to `DatabaseConnection`.
 * Every method throws a `DatabaseError` whose `outcome` the driver alone decides.
 */
export interface DriverConnection {
  /** Names the database itself, whatever the connection: two connections with one key share a write gate and transactions. */
  readonly databaseKey: string;
  /** Undefined without a replica. */
  readonly replica?: DriverReplica;
  execute(statement: Statement, deadline: Deadline): Promise<ResultSet>;
  /**
   * Runs a statement before it returns, if it has to wait for nothing, or with others at the end of this turn of the event loop: only a
   * database in this process can do that.
   * @param share tells what all of those have in common; left out for a statement with bounds of its own
   * @returns undefined when `execute` has to run it: nothing has happened yet
   */
  executeNow?(statement: Statement, share?: () => SharedCall): ResultSet | Promise<ResultSet> | undefined;
  batch(statements: readonly Statement[], options: BatchOptions, deadline: Deadline): Promise<ResultSet[]>;
  executeMultiple(sql: string, deadline: Deadline): Promise<void>;
  /**
   * Reads the rows of a statement that only reads, as they are taken: memory stays flat. Nothing happens before the first `next()`.
   * `return()` and the end free what it holds; closing the connection ends it.
   * @param deadline bounds the way to the first row; its length bounds each later wait, its signal all of them
   */
  stream(statement: Statement, deadline: Deadline): AsyncIterableIterator<Row>;
  /**
   * Resolves when the transaction holds what its mode needs: for `write`, the database's write gate.
   * @param origin where the caller opened it, for the error of those who wait behind it
   * @param consistency of a transaction that only reads; the connection's own where it is left out
   */
  begin(
    mode: TransactionMode,
    deadline: Deadline,
    origin: string,
    consistency?: Consistency,
  ): Promise<DriverTransaction>;
  /** True when the statement surely changes nothing; asks the database where only the engine knows. */
  isRead(statement: Statement, deadline: Deadline): Promise<boolean>;
  /** Runs a statement that proves that the database answers. */
  ping(deadline: Deadline): Promise<void>;
  /**
   * Writes a consistent copy of the database to a file that does not exist, checked by SQLite, and with a digest of every table where
   * `verify` says so. Of a database behind a network `undefined`: that one is read over the network.
   * @returns the tables that `verify` could not compare, because their key needs a collation of the application
   */
  readonly backup?: (file: string, verify: boolean, deadline: Deadline) => Promise<readonly string[]>;
  /** How many calls wait for the write gate or to share a commit, or for a free stream. */
  waiting(): number;
  /**
   * Rolls back what is open and frees every handle and socket. Never throws.
   * @param deadline until when it waits for what cannot be ended; then it is left behind
   */
  close(deadline: Deadline): Promise<void>;
}

/** An interactive transaction of a driver. Calls must not overlap: the transaction scope queues them. */
export interface DriverTransaction {
  /** True once nothing more can run in it: committed, rolled back, or ended by the engine or the server. */
  readonly closed: boolean;
  /** Why it ended by itself, when it did: a stolen lock, an expired stream, an engine rollback. */
  readonly lostBy: Error | undefined;
  execute(statement: Statement, deadline: Deadline): Promise<ResultSet>;
  /** Runs the statements in order and stops at the first error; the transaction stays open. */
  batch(statements: readonly Statement[], deadline: Deadline): Promise<ResultSet[]>;
  executeMultiple(sql: string, deadline: Deadline): Promise<void>;
  commit(deadline: Deadline): Promise<void>;
  /** Undoes everything and releases the transaction; does nothing after its end. What was not committed is never kept. */
  rollback(): Promise<void>;
}
