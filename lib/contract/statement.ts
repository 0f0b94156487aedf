import type { TransactionMode } from '@libsql/core/api';
import type { InputArgs, SqlArgs } from './value.js';

/**
 * What a read may answer where a replica stands beside the primary:
 * - `read-your-writes`: everything that the same connection has written before
 * - `replica`: whatever the replica has now, also while the primary is away
 * - `primary`: never the replica
 */
export type Consistency = 'read-your-writes' | 'replica' | 'primary';

/** A statement with its arguments already in their storage classes. */
export interface Statement {
  readonly sql: string;
  readonly args: SqlArgs;
  /** The caller declared that running it twice is the same as once. */
  readonly idempotent?: boolean;
  /** It shares no request with others: its caller may end it by itself, or one that it was in was lost. */
  readonly alone?: boolean;
  /** Undefined where the connection's own holds. */
  readonly consistency?: Consistency;
}

/** Options of one call, also accepted inside the statement object. */
export interface CallOptions {
  /**
   * Longest time for the whole call (waiting, attempts, the statement itself), in milliseconds.
   * @default the connection's `queryTimeoutMs`
   */
  readonly timeoutMs?: number;
  /** Ends the call early: waits end at once, a remote request is cut. */
  readonly signal?: AbortSignal;
  /**
   * Running the call twice is the same as running it once (`UPDATE … SET done = 1`, an upsert): it may be sent again even when it may
   * have been applied already. Reads need no such word.
   * @default false
   */
  readonly idempotent?: boolean;
  /**
   * What a read may answer on a connection with a replica; without one it changes nothing.
   * @default the connection's `consistency`
   */
  readonly consistency?: Consistency;
}

/** A statement as a caller writes it. */
export interface StatementObject extends CallOptions {
  readonly sql: string;
  readonly args?: InputArgs;
}

/** Everything that `execute` and `batch` take for one statement. */
export type StatementInput = string | StatementObject | readonly [sql: string, args?: InputArgs];

export type { TransactionMode };
