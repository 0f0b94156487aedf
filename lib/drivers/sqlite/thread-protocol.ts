import type { IntMode } from '@libsql/core/api';

/** What a thread needs to open its handle. */
export interface ThreadSettings {
  readonly path: string;
  readonly readonly: boolean;
  readonly pragmas: readonly string[];
  readonly intMode: IntMode;
  /**
   * Five integers for a thread at work, which receives no messages: jobs up to the first number are not to be begun, the job with the
   * second number is to stop at its next row, the job with the third number is to run in any case. The fourth decides about a job that
   * writes. Who puts something in the place of 0 comes first: the thread, which commits then, or the other side, and it is rolled back.
   * The thread takes its mark back while the commit finds a lock, and says so in the fifth number.
   */
  readonly marks: SharedArrayBuffer;
}

/** A statement for a thread. The numbers of one thread's jobs go up. */
export interface ThreadJob {
  readonly id: number;
  readonly sql: string;
  /** As better-sqlite3 binds them. */
  readonly args: readonly unknown[];
  readonly kind: JobKind;
}

/**
 * - `read`: all rows at once
 * - `stream`: rows as they are asked for, on an open cursor
 * - `write`: all at once, in a transaction of its own, which is committed before the answer
 */
export type JobKind = 'read' | 'stream' | 'write';

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
  /** Of a job that writes. */
  readonly counts: WriteCounts | undefined;
}

/** Changed rows and the last rowid. */
export type WriteCounts = readonly [changes: bigint, rowid: bigint];

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
