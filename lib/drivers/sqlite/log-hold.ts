import { statSync } from 'node:fs';
import { createDeadline, type Deadline } from '../../async/deadline.js';
import { sleep } from '../../async/sleep.js';
import type { Reporter } from '../../contract/driver.js';
import { joinWriteGate, leaveWriteGate } from '../write-gates.js';
import type { Checkpointer } from './checkpointer.js';

const megabyte = 1_048_576;
/** From this size of the log on new reads wait until it is empty. */
const longestLogBytes = 16 * megabyte;
/** The size is looked at so often at most, in milliseconds. */
const lookMs = 10;
/** Reads are held so long at most, in milliseconds, … */
const longestHoldMs = 5_000;
/** … and then not again for so long: what keeps the log from being emptied is not within our reach. */
const pauseMs = 60_000;
const retryMs = 10;

/** The reads that wait. */
export interface HeldReads {
  /** How many run now. */
  readonly running: number;
  /** Asks again. */
  resume(): void;
}

export interface LogHoldOptions {
  readonly path: string;
  readonly databaseKey: string;
  readonly checkpointer: Checkpointer;
  readonly report: Reporter;
}

/**
 * Bounds the write-ahead log while slow reads never cease: SQLite begins it anew only in a moment in which nobody reads (measured: four
 * readers of 46 ms each let it grow to 216 MB in 8 s). Above 16 MB new reads wait until those that run are done and the log is emptied.
 */
export class LogHold {
  readonly #options: LogHoldOptions;
  readonly #closing = new AbortController();
  #isHolding = false;
  #holding: Promise<void> = Promise.resolve();
  #lookAt = 0;

  constructor(options: LogHoldOptions) {
    this.#options = options;
  }

  /** Whether a read may begin; if not, the hold calls `resume()` later. */
  mayBegin(reads: HeldReads): boolean {
    if (this.#isHolding) return false;
    const now = performance.now();
    if (now < this.#lookAt) return true;
    this.#lookAt = now + lookMs;
    if (this.#readSize() <= longestLogBytes) return true;
    this.#holding = this.#hold(reads);
    return false;
  }

  /** Ends a hold under way. @returns when its thread is gone */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#holding;
    await this.#options.checkpointer.close();
  }

  async #hold(reads: HeldReads): Promise<void> {
    const { signal } = this.#closing;
    this.#isHolding = true;
    try {
      const isEmpty = await this.#empty(reads, createDeadline(longestHoldMs, signal)).catch(() => false);
      if (isEmpty || signal.aborted) return;
      this.#lookAt = performance.now() + pauseMs;
      this.#reportLength();
    } finally {
      this.#isHolding = false;
      reads.resume();
    }
  }

  async #empty(reads: HeldReads, deadline: Deadline): Promise<boolean> {
    for (;;) {
      if (reads.running === 0 && (await this.#checkpoint(deadline))) return true;
      await sleep(retryMs, deadline, 'emptying the write-ahead log');
    }
  }

  /** With the write gate held, so that it need not race with writers. */
  async #checkpoint(deadline: Deadline): Promise<boolean> {
    const { databaseKey, checkpointer } = this.#options;
    const gate = joinWriteGate(databaseKey);
    try {
      const release = await gate.acquire(deadline);
      return await checkpointer.run(deadline).finally(release);
    } finally {
      leaveWriteGate(databaseKey);
    }
  }

  #readSize(): number {
    try {
      return statSync(`${this.#options.path}-wal`).size;
    } catch {
      // there is none, or none that we may look at
      return 0;
    }
  }

  #reportLength(): void {
    const { path, report } = this.#options;
    report({
      level: 'warning',
      code: 'LOG_NOT_EMPTIED',
      message:
        `the write-ahead log of ${path} has grown to ${Math.round(this.#readSize() / megabyte)} MB and cannot be emptied: somebody has ` +
        'read from it for long (a transaction, a stream, a slow statement, another process) and it grows until he ends',
    });
  }
}
