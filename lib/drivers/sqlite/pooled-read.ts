import type { Row, Value } from '@libsql/core/api';
import { StatementResult } from '../../contract/result-set.js';
import { createRowFactory, type RowFactory } from '../../contract/row.js';
import type { ThreadTask } from './reader-thread.js';
import type { StatementPace } from './statement-pace.js';
import type { JobKind, RowsReply } from './thread-protocol.js';

/** A statement for a thread. */
export interface ReadRequest {
  readonly sql: string;
  /** As better-sqlite3 binds them. */
  readonly args: readonly unknown[];
  readonly pace: StatementPace;
}

/** A statement that waits for a thread or is at work on one, with the rows that have come. */
export class PooledRead implements ThreadTask {
  readonly kind: JobKind;
  readonly sql: string;
  readonly args: readonly unknown[];
  readonly pace: StatementPace;
  readonly result: Promise<StatementResult>;
  #resolve!: (result: StatementResult) => void;
  #reject!: (error: unknown) => void;
  readonly #rows: Row[] = [];
  #createRow: RowFactory | undefined;
  #abandoned = false;

  constructor({ sql, args, pace }: ReadRequest, kind: 'read' | 'write') {
    this.kind = kind;
    this.sql = sql;
    this.args = args.map(detach);
    this.pace = pace;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Its caller waits no more. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  abandon(error: unknown): void {
    this.#abandoned = true;
    this.#reject(error);
  }

  onRows(reply: RowsReply): boolean {
    if (reply.done) this.pace.tookOnThread(reply.tookMs);
    if (this.#abandoned) return false;
    const columns = [...reply.columns];
    this.#createRow ??= createRowFactory(columns);
    addRows(this.#rows, this.#createRow, columns.length, reply.values);
    if (reply.done) {
      const columnTypes = [...reply.columnTypes];
      const [changes, lastInsertRowid] = reply.counts ?? [0n, undefined];
      const parts = {
        columns,
        columnTypes,
        rows: this.#rows,
        rowsAffected: Number(changes),
        lastInsertRowid,
      };
      this.#resolve(new StatementResult(parts));
    }
    return true;
  }

  onError(error: unknown): void {
    if (!this.#abandoned) this.#reject(error);
  }
}

/** Makes rows of a thread's flat list of values. */
export function addRows(rows: Row[], createRow: RowFactory, width: number, values: readonly unknown[]): void {
  for (let start = 0; start < values.length; start += width) {
    rows.push(createRow(values.slice(start, start + width).map(toOwnRealm)));
  }
}

/** What a message brings is of the main realm, which is not ours inside of a test runner: `instanceof ArrayBuffer` would be false. */
function toOwnRealm(value: unknown): Value {
  if (typeof value !== 'object' || value === null || value instanceof ArrayBuffer) return value as Value;
  return new Uint8Array(value as ArrayBuffer).slice().buffer;
}

/** A message copies the whole buffer behind a view. */
function detach(arg: unknown): unknown {
  return arg instanceof Uint8Array && arg.byteLength < arg.buffer.byteLength ? arg.slice() : arg;
}
