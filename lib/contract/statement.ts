import type { TransactionMode } from '@libsql/core/api';
import type { InputArgs, SqlArgs } from './value.js';

/** A statement with its arguments already in their storage classes. */
export interface Statement {
  readonly sql: string;
  readonly args: SqlArgs;
  /** The caller declared that running it twice is the same as once. */
  readonly idempotent?: boolean;
  /** It shares no request with others: its caller may end it by itself, or one that it was in was lost. */
  readonly alone?: boolean;
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
}

/** A statement as a caller writes it. */
export interface StatementObject extends CallOptions {
  readonly sql: string;
  readonly args?: InputArgs;
}

/** Everything that `execute` and `batch` take for one statement. */
export type StatementInput = string | StatementObject | readonly [sql: string, args?: InputArgs];

export type { TransactionMode };
