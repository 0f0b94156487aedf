import type { Deadline } from '../../async/deadline.js';
import { LoneThread } from './lone-thread.js';
import type { ThreadTask } from './reader-thread.js';
import type { ThreadSettings } from './thread-protocol.js';

/** Empties the write-ahead log on a thread of its own, started when first needed: it writes megabytes. */
export class Checkpointer {
  readonly #thread: LoneThread;

  /** @param settings of a handle that may write */
  constructor(settings: Omit<ThreadSettings, 'marks'>, assertInPlace: () => void) {
    this.#thread = new LoneThread(settings, assertInPlace);
  }

  /** @returns whether the log is empty now; false when somebody reads from it */
  async run(deadline: Deadline): Promise<boolean> {
    const thread = await this.#thread.open(deadline, 'opening the handle that empties the log');
    const isDone = new Promise<boolean>((resolve, reject) => {
      const task: ThreadTask = {
        sql: 'PRAGMA wal_checkpoint(TRUNCATE)',
        args: [],
        kind: 'read',
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

  close(): Promise<void> {
    return this.#thread.close();
  }
}
