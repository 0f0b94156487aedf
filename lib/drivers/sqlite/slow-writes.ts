import type { Deadline } from '../../async/deadline.js';
import { watchDeadline } from '../../async/watch-deadline.js';
import type { StatementResult } from '../../contract/result-set.js';
import { withOutcome } from '../../errors/database-error.js';
import { createAbortedError, createTimeoutError } from '../../errors/wait-errors.js';
import { LoneThread } from './lone-thread.js';
import { PooledRead, type ReadRequest } from './pooled-read.js';
import type { ReaderThread } from './reader-thread.js';
import type { ThreadSettings } from './thread-protocol.js';
import { blameLock, whileBusyElsewhere } from './while-busy.js';

/**
 * Runs writes that would hold up the event loop on a thread, with a writing handle of its own, each in a transaction of its own. Whoever
 * calls holds the write gate, until `idle()`.
 */
export class SlowWrites {
  readonly #thread: LoneThread;

  /** @param settings of a handle that may write */
  constructor(settings: Omit<ThreadSettings, 'marks'>, assertInPlace: () => void) {
    this.#thread = new LoneThread(settings, assertInPlace);
  }

  /** What the thread runs now. */
  get statements(): string[] {
    return this.#thread.statements;
  }

  /**
   * @throws DatabaseError; at the deadline and when its signal fires at once, although SQLite goes on and rolls back then: outcome
   * `not-applied`, or `unknown` when the commit has begun
   */
  async run(request: ReadRequest, deadline: Deadline): Promise<StatementResult> {
    return whileBusyElsewhere(async () => {
      const thread = await this.#thread.open(deadline, 'opening the handle for slow writes');
      return runOnce(thread, request, deadline);
    }, deadline);
  }

  /** Resolves when SQLite is done, also with a statement that nobody waits for. */
  idle(): Promise<void> {
    return this.#thread.idle();
  }

  /** @returns when the thread is gone */
  close(): Promise<void> {
    return this.#thread.close();
  }
}

async function runOnce(
  thread: ReaderThread,
  request: ReadRequest,
  deadline: Deadline,
): Promise<StatementResult> {
  const write = new PooledRead(request, 'write');
  const giveUp = (error: Error): void => {
    write.pace.tookOnThread(Infinity);
    const isUndone = thread.giveUp(write);
    if (!isUndone) write.abandon(withOutcome(error, 'unknown', 'its commit had begun'));
    else write.abandon(thread.hasMetLock ? blameLock(error, error, deadline) : error);
  };
  // before it is watched: only what runs can be given up
  thread.run([write]);
  const stop = watchDeadline(
    deadline,
    () => giveUp(createTimeoutError('while the statement ran', deadline.timeoutMs)),
    (reason) => giveUp(createAbortedError('while the statement ran', reason)),
  );
  try {
    return await write.result;
  } finally {
    stop();
  }
}
