import { emptyLog } from './empty-log.js';
import type { ReplicaFiles } from './replica-files.js';

/** A log larger than this is emptied, in bytes. It grows for as long as somebody reads. */
const longestLog = 16 * 1_048_576;

/** Keeps the log of a replica from growing without end. */
export class LogBound {
  readonly #files: ReplicaFiles;
  #mayRead = true;

  constructor(files: ReplicaFiles) {
    this.#files = files;
  }

  /** False while the log is to be emptied: a read that begins now would keep it. */
  get mayRead(): boolean {
    return this.#mayRead;
  }

  /**
   * Empties the log when it is too large; nobody syncs meanwhile.
   * @returns what became of it; `kept` by a reader, so that it must be tried again
   */
  async apply(signal: AbortSignal): Promise<'small' | 'emptied' | 'kept'> {
    if ((await this.#files.logSize()) <= longestLog) {
      this.#mayRead = true;
      return 'small';
    }
    this.#mayRead = false;
    this.#mayRead = await emptyLog(this.#files.path, signal);
    this.#files.forget();
    return this.#mayRead ? 'emptied' : 'kept';
  }
}
