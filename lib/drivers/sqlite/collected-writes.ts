import type { ResultSet } from '@libsql/core/api';
import { watchDeadline } from '../../async/watch-deadline.js';
import type { SharedCall } from '../../contract/connection.js';
import type { Statement } from '../../contract/statement.js';
import { toOwnError } from '../../errors/database-error.js';
import { createAbortedError, createTimeoutError } from '../../errors/wait-errors.js';
import { notBegun } from './group-commit.js';
import { QueuedWrite, type WriteTerms } from './queued-write.js';
import type { BoundStatement } from './sqlite-run.js';

/** So long after the first one others may come, in milliseconds, and at most a tenth of the deadline, which began with the first. */
const longestMs = 10;

/**
 * The writes of one turn of the event loop, in order, of whoever holds the gate for them. They have one deadline, so that none of them needs
 * one of his own, nor a place in a queue that watches it: both take longer than a short write.
 */
export class CollectedWrites {
  readonly #call: SharedCall;
  readonly #terms: WriteTerms;
  readonly #writes: (QueuedWrite | undefined)[] = [];
  readonly #endsAt: number;
  #isClosed = false;
  #taken = 0;
  #stopWatching: (() => void) | undefined;

  constructor(call: SharedCall, server: Pick<WriteTerms, 'host' | 'serve'>) {
    this.#call = call;
    this.#terms = { found: 'change', deadline: call.deadline, host: server.host, call, serve: server.serve };
    const { expiresAt, timeoutMs } = call.deadline;
    this.#endsAt = expiresAt - timeoutMs + Math.min(longestMs, timeoutMs / 10);
  }

  /** How many wait that nobody has taken. */
  get waiting(): number {
    return this.#writes.length - this.#taken;
  }

  /** The first one that nobody has taken. */
  get next(): QueuedWrite | undefined {
    return this.#writes[this.#taken];
  }

  /** Whether one more may come. In a crowd few ask for the time: it takes a fiftieth of what a write takes there. */
  mayAdd(): boolean {
    const asksTime = this.#writes.length < 16 || this.#writes.length % 16 === 0;
    if (asksTime && performance.now() >= this.#endsAt) this.close();
    return !this.#isClosed;
  }

  add(statement: Statement, bound: BoundStatement): Promise<ResultSet> {
    this.#call.begin();
    return new Promise((resolve, reject) => {
      this.#writes.push(new QueuedWrite(this.#terms, statement, bound, resolve, reject));
    });
  }

  /** No more may come. */
  close(): void {
    this.#isClosed = true;
  }

  /** Takes the next one, to serve it. */
  take(): QueuedWrite | undefined {
    const { next } = this;
    if (next === undefined) return undefined;
    // what is served is garbage before the last one is
    this.#writes[this.#taken++] = undefined;
    if (this.waiting === 0) this.#stopWatching?.();
    return next;
  }

  /** From now on those that nobody has taken end at their deadline and when its signal fires, whatever holds them up. */
  watch(): void {
    const { deadline } = this.#call;
    if (this.waiting === 0) return;
    this.#stopWatching ??= watchDeadline(
      deadline,
      () => this.refuse(createTimeoutError(notBegun, deadline.timeoutMs)),
      (reason) => this.refuse(createAbortedError(notBegun, reason)),
    );
  }

  /** Tells all that nobody has taken why they did not begin. */
  refuse(error: unknown): void {
    for (let next = this.take(); next !== undefined; next = this.take()) next.onRefused(toOwnError(error));
  }
}
