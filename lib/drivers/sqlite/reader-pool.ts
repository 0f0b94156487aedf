import type { Deadline } from '../../async/deadline.js';
import { watchDeadline } from '../../async/watch-deadline.js';
import type { StatementResult } from '../../contract/result-set.js';
import type { Reporter } from '../../contract/driver.js';
import { createClientClosedError } from '../../errors/usage-errors.js';
import { createAbortedError, createTimeoutError } from '../../errors/wait-errors.js';
import { describeSql } from '../../sql/describe-sql.js';
import type { HeldReads, LogHold } from './log-hold.js';
import { PooledRead, type ReadRequest } from './pooled-read.js';
import { ReaderThread } from './reader-thread.js';
import type { ThreadSettings } from './thread-protocol.js';

/** So many statements that may be fast go to a thread in one message. */
const longestMessage = 16;
/** How long the others of a message wait for the first, in milliseconds; then they go to another thread. */
const longestTurnMs = 10;

export interface ReaderPoolOptions {
  /** How many slow statements run at once. One more place is for those that are not known to be slow. */
  readonly size: number;
  readonly settings: Omit<ThreadSettings, 'marks'>;
  /** Throws when the file is not the one that was opened. */
  readonly assertInPlace: () => void;
  /** Undefined where there is no log, or none that this process may empty. */
  readonly hold: LogHold | undefined;
}

/**
 * Threads for the statements that would hold up the event loop, started when first needed. A statement whose caller has gone keeps its
 * thread until SQLite is done with it: such a thread is set aside and another takes its place, `size` times at most.
 */
export class ReaderPool implements HeldReads {
  readonly #options: ReaderPoolOptions;
  readonly #unknown = new Set<PooledRead>();
  readonly #slow = new Set<PooledRead>();
  readonly #threads = new Set<ReaderThread>();
  #isDispatching = false;
  #closed = false;

  constructor(options: ReaderPoolOptions) {
    this.#options = options;
  }

  /** How many reads have no thread yet. */
  get waiting(): number {
    return this.#unknown.size + this.#slow.size;
  }

  get running(): number {
    return [...this.#threads].filter(({ tasks }) => tasks.length > 0).length;
  }

  resume(): void {
    this.#dispatch();
  }

  /**
   * Runs a read on a thread.
   * @throws DatabaseError outcome `not-applied`: `timeout` and `aborted` at once, also while the statement goes on
   */
  async read(request: ReadRequest, deadline: Deadline): Promise<StatementResult> {
    if (this.#closed) throw createClientClosedError();
    const read = new PooledRead(request, 'read');
    (request.pace.isSlow ? this.#slow : this.#unknown).add(read);
    const stop = watchDeadline(
      deadline,
      () => {
        read.pace.tookOnThread(Infinity);
        this.#abandon(read, (doing) => createTimeoutError(doing, deadline.timeoutMs));
      },
      (reason) => this.#abandon(read, (doing) => createAbortedError(doing, reason)),
    );
    this.#dispatchSoon();
    try {
      return await read.result;
    } finally {
      stop();
    }
  }

  /** What the threads run now. */
  get statements(): string[] {
    return this.#running().map(({ sql }) => sql);
  }

  /** @returns when every thread is gone */
  async close(): Promise<void> {
    this.#closed = true;
    this.#failWaiting(createClientClosedError());
    for (const read of this.#running()) read.abandon(createClientClosedError());
    const gone = [...this.#threads].map((thread) => thread.gone);
    for (const thread of this.#threads) thread.end();
    await Promise.all([...gone, this.#options.hold?.close()]);
  }

  /** Those who come in one turn go to a thread together. */
  #dispatchSoon(): void {
    if (this.#isDispatching) return;
    this.#isDispatching = true;
    queueMicrotask(() => {
      this.#isDispatching = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    for (;;) {
      const thread = [...this.#threads].find(({ isIdle }) => isIdle);
      const reads = this.#peek();
      if (reads.length === 0) return;
      if (thread === undefined) return this.#startOne();
      if (this.#options.hold?.mayBegin(this) === false) return;
      for (const read of reads) {
        this.#unknown.delete(read);
        this.#slow.delete(read);
      }
      thread.run(reads);
      if (reads.length > 1) setTimeout(() => this.#takeBack(thread), longestTurnMs).unref();
    }
  }

  /** What may run now. */
  #peek(): PooledRead[] {
    const { size } = this.#options;
    const { taken, slow } = this.#count();
    const free = size + 1 - taken;
    if (free <= 0) return [];
    this.#moveCalm();
    if (this.#unknown.size === 0) return slow < size ? takeFirst(this.#slow, 1) : [];
    return takeFirst(this.#unknown, Math.min(longestMessage, Math.ceil(this.#unknown.size / free)));
  }

  /** Those in front whose statement has turned out to be fast meanwhile. */
  #moveCalm(): void {
    for (const read of this.#slow) {
      if (read.pace.isSlow) return;
      this.#slow.delete(read);
      this.#unknown.add(read);
    }
  }

  /** Places taken, and those of them that slow statements have. A thread set aside takes none while its kind is not too many. */
  #count(): { taken: number; slow: number } {
    let [taken, slow, aside] = [0, 0, 0];
    for (const thread of this.#threads) {
      const [first] = thread.tasks as PooledRead[];
      if (first?.abandoned) aside++;
      else if (first !== undefined) taken++;
      if (first?.abandoned === false && first.pace.isSlow) slow++;
    }
    const tooMany = Math.max(0, aside - this.#options.size);
    return { taken: taken + tooMany, slow: slow + tooMany };
  }

  /** One after another: most of those who wait together need one only. */
  #startOne(): void {
    if (this.#closed || [...this.#threads].some(({ isStarting }) => isStarting)) return;
    const { settings, assertInPlace } = this.#options;
    this.#threads.add(
      new ReaderThread(settings, {
        onOpened: assertInPlace,
        onIdle: (thread) => this.#onIdle(thread),
        onUnusable: (_thread, error) => this.#failWaiting(error),
        onGone: (thread) => this.#onThreadGone(thread),
      }),
    );
  }

  #onIdle(thread: ReaderThread): void {
    this.#dispatch();
    const idle = [...this.#threads].filter(({ isIdle }) => isIdle);
    if (thread.isIdle && idle.length > this.#options.size + 1) thread.end();
  }

  #onThreadGone(thread: ReaderThread): void {
    this.#threads.delete(thread);
    this.#dispatch();
  }

  /** Those who came with a slow one must not wait for it. */
  #takeBack(thread: ReaderThread): void {
    const back = (thread.tasks.length > 1 ? thread.takeBack() : []) as PooledRead[];
    const others = [...this.#unknown];
    this.#unknown.clear();
    for (const read of [...back, ...others]) if (!read.abandoned) this.#unknown.add(read);
    this.#dispatch();
  }

  #abandon(read: PooledRead, createError: (doing: string) => Error): void {
    if (this.#unknown.delete(read) || this.#slow.delete(read)) {
      return read.abandon(createError('waiting for a reader thread (all of them run slow statements)'));
    }
    read.abandon(createError('while the statement ran'));
    for (const thread of this.#threads) thread.drop(read);
    this.#dispatch();
  }

  #failWaiting(error: unknown): void {
    const waiting = [...this.#unknown, ...this.#slow];
    this.#unknown.clear();
    this.#slow.clear();
    for (const read of waiting) read.onError(error);
  }

  #running(): PooledRead[] {
    return [...this.#threads].flatMap((thread) => thread.tasks as PooledRead[]);
  }
}

/** Says which statement nobody can end: not its text, which may hold somebody's data. */
export function reportLeftBehind(report: Reporter, sql: string): void {
  report({
    level: 'warning',
    code: 'STATEMENT_STILL_RUNS',
    message: `the connection is closed, but SQLite is not done with a statement and cannot be interrupted; the process ends after it: ${describeSql(sql)}`,
  });
}

function takeFirst<T>(waiting: Iterable<T>, count: number): T[] {
  const first: T[] = [];
  for (const each of waiting) {
    if (first.length === count) break;
    first.push(each);
  }
  return first;
}
