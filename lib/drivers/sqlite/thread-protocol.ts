import type { IntMode } from '@libsql/core/api';

/** What a thread needs to open its handle. */
export interface ThreadSettings {
  readonly path: string;
  readonly readonly: boolean;
  readonly pragmas: readonly string[];
  readonly intMode: IntMode;
  /**
   * Three integers for a thread at work, which receives no messages: jobs up to the first number are not to be begun, the job with the
   * second number is to stop at its next row, the job with the third number is to run in any case.
   */
  readonly marks: SharedArrayBuffer;
}

/** A statement for a thread. The numbers of one thread's jobs go up. */
export interface ThreadJob {
  readonly id: number;
  readonly sql: string;
  /** As better-sqlite3 binds them. */
  readonly args: readonly unknown[];
  /** Rows are read as they are asked for, on an open cursor, instead of all at once. */
  readonly streams: boolean;
}

export type ToThread =
  | { readonly type: 'run'; readonly jobs: readonly ThreadJob[] }
  /** Asks for the next rows of a job whose last answer was not the end. */
  | { readonly type: 'more'; readonly id: number }
  /** Nobody wants the rest of a job. The answer is `dropped`, and nothing about the job after it. */
  | { readonly type: 'drop'; readonly id: number }
  /** Closes the handle; the thread ends. */
  | { readonly type: 'end' };

/** Some rows of a job. */
export interface RowsReply {
  readonly type: 'rows';
  readonly id: number;
  readonly columns: readonly string[];
  readonly columnTypes: readonly string[];
  /** Row after row in one list: a message with a list for each row takes three times as long to read (measured). */
  readonly values: readonly unknown[];
  readonly done: boolean;
  /** How long the statement took, in milliseconds. */
  readonly tookMs: number;
}

export interface FailedReply {
  readonly type: 'failed';
  readonly id: number;
  readonly code: string | undefined;
  readonly message: string;
}

export type ThreadReply =
  | { readonly type: 'opened' }
  | { readonly type: 'unopened'; readonly code: string | undefined; readonly message: string }
  | RowsReply
  | FailedReply
  | { readonly type: 'dropped'; readonly id: number }
  /** An integer that `intMode` cannot hold. */
  | { readonly type: 'out-of-range'; readonly id: number };

/** Answers that were ready together. */
export type FromThread = readonly ThreadReply[];
