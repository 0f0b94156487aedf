import { AsyncResource } from 'node:async_hooks';
import type { Row } from '@libsql/core/api';
import { createDeadline, type Deadline } from '../async/deadline.js';
import { watchDeadline } from '../async/watch-deadline.js';
import type { DriverConnection } from '../contract/connection.js';
import type { Statement } from '../contract/statement.js';
import {
  createAbortedError,
  createStreamEndedError,
  createStreamIdleError,
  createTimeoutError,
} from '../errors/wait-errors.js';
import type { ConnectionCalls } from './connection-calls.js';
import { readInTransaction } from './read-in-transaction.js';

/** What a stream reads, and how long it may wait for the database and for its consumer. */
export interface StreamRequest {
  readonly statement: Statement;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const reading = 'while rows were read';

/**
 * The rows of one statement as they are taken. It opens with the first `next()`, in the transaction and within the request that it was
 * created in, and counts as a call in flight from then to its end.
 */
export class RowStream<T extends object> implements AsyncIterableIterator<Row & T> {
  readonly #calls: ConnectionCalls;
  readonly #request: StreamRequest;
  readonly #context = new AsyncResource('nestjs-turso.RowStream');
  readonly #stop = new AbortController();
  #source: Promise<Iterator<Row> | AsyncIterator<Row>> | undefined;
  #leave: (failure: Error | undefined) => void = () => undefined;
  #stopWatching: () => void = () => undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #waiting = 0;
  #takenAt = 0;
  #isEnded = false;
  /** Why it ended by itself, until its consumer is told. */
  #failure: Error | undefined;

  constructor(calls: ConnectionCalls, request: StreamRequest) {
    this.#calls = calls;
    this.#request = request;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @throws DatabaseError once; then the stream is over */
  async next(): Promise<IteratorResult<Row & T, undefined>> {
    this.#waiting++;
    try {
      if (!this.#isEnded) {
        this.#source ??= this.#context.runInAsyncScope(() => this.#open());
        const result = await (await this.#source).next();
        if (result.done !== true) return result as IteratorYieldResult<Row & T>;
        this.#end(undefined);
      }
    } catch (error) {
      this.#fail(error as Error);
    } finally {
      this.#waiting--;
      this.#takenAt = performance.now();
    }
    return this.#tell();
  }

  /** Ends the stream early and frees what it holds. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#end(undefined);
    this.#failure = undefined;
    this.#stop.abort(createStreamEndedError());
    const source = await this.#source?.catch(() => undefined);
    await source?.return?.();
    return { done: true, value: undefined };
  }

  /** The end, or what led to it: told once, rather than what that did to a wait. */
  #tell(): IteratorReturnResult<undefined> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    return { done: true, value: undefined };
  }

  #open(): Promise<Iterator<Row> | AsyncIterator<Row>> {
    const { statement, timeoutMs, signal } = this.#request;
    const options = { timeoutMs, ...(signal !== undefined && { signal }) };
    return new Promise((resolve, reject) => {
      const run = this.#calls.run(options, {
        joined: async (scope, deadline) => {
          const { connection } = await this.#calls.session.open(deadline);
          resolve((await readInTransaction(scope, connection, statement, deadline)).values());
        },
        alone: (connection) => {
          this.#watch(options);
          resolve(this.#openAlone(connection));
          return new Promise<void>((leave, fail) => {
            this.#leave = (failure) => (failure === undefined ? leave() : fail(failure));
            if (this.#isEnded) leave();
          });
        },
      });
      run.catch(reject);
    });
  }

  #openAlone(connection: DriverConnection): AsyncIterator<Row> {
    const { statement, timeoutMs } = this.#request;
    return connection.stream(statement, createDeadline(timeoutMs, this.#stop.signal));
  }

  /** The request around it ends the stream as a whole, and so do a signal, a close, and a consumer that is gone. */
  #watch(options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): void {
    if (this.#isEnded) return;
    const whole: Deadline = this.#calls.createDeadline({ ...options, timeoutMs: Infinity });
    this.#watchIdle(options.timeoutMs);
    this.#stopWatching = watchDeadline(
      whole,
      () => this.#fail(createTimeoutError(reading, whole.timeoutMs)),
      (reason) => this.#fail(createAbortedError(reading, reason)),
    );
    if (this.#isEnded) this.#stopWatching();
  }

  #watchIdle(timeoutMs: number): void {
    const idleMs = this.#waiting > 0 ? 0 : performance.now() - this.#takenAt;
    if (idleMs >= timeoutMs) this.#fail(createStreamIdleError(timeoutMs));
    else this.#idleTimer = setTimeout(() => this.#watchIdle(timeoutMs), timeoutMs - idleMs).unref();
  }

  #fail(error: Error): void {
    if (this.#isEnded) return;
    this.#failure = error;
    this.#end(error);
    this.#stop.abort(error);
    // one that waits ends by the signal, one that is idle here
    this.#source?.then((source) => source.return?.()).catch(() => undefined);
  }

  #end(failure: Error | undefined): void {
    this.#isEnded = true;
    clearTimeout(this.#idleTimer);
    this.#stopWatching();
    this.#leave(failure);
  }
}
