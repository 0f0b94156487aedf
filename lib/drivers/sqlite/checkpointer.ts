import type { Deadline } from '../../async/deadline.js';
import { within } from '../../async/within.js';
import { createClientClosedError } from '../../errors/usage-errors.js';
import { ReaderThread, type ThreadTask } from './reader-thread.js';
import type { ThreadSettings } from './thread-protocol.js';

/** Empties the write-ahead log on a thread of its own, started when first needed: it writes megabytes. */
export class Checkpointer {
  readonly #settings: Omit<ThreadSettings, 'marks'>;
  readonly #assertInPlace: () => void;
  #opening: Promise<ReaderThread> | undefined;
  #gone: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param settings of a handle that may write */
  constructor(settings: Omit<ThreadSettings, 'marks'>, assertInPlace: () => void) {
    this.#settings = settings;
    this.#assertInPlace = assertInPlace;
  }

  /** @returns whether the log is empty now; false when somebody reads from it */
  async run(deadline: Deadline): Promise<boolean> {
    if (this.#closed) throw createClientClosedError();
    this.#opening ??= this.#open();
    const thread = await within(this.#opening, deadline, 'opening the handle that empties the log');
    const isDone = new Promise<boolean>((resolve, reject) => {
      const task: ThreadTask = {
        sql: 'PRAGMA wal_checkpoint(TRUNCATE)',
        args: [],
        streams: false,
        onRows: ({ values: [busy] }) => {
          resolve(Number(busy) === 0);
          return true;
        },
        onError: reject,
      };
      thread.run([task]);
    });
    return isDone;
  }

  async close(): Promise<void> {
    this.#closed = true;
    (await this.#opening?.catch(() => undefined))?.end();
    await this.#gone;
  }

  #open(): Promise<ReaderThread> {
    return new Promise((resolve, reject) => {
      this.#gone = new Promise((onGone) => {
        new ReaderThread(this.#settings, {
          onOpened: this.#assertInPlace,
          onIdle: resolve,
          onUnusable: (_thread, error) => reject(error),
          onGone: () => {
            this.#opening = undefined;
            onGone();
          },
        });
      });
    });
  }
}
