import type { Reporter } from '../../contract/driver.js';
import { emptyLog } from './empty-log.js';
import type { ReplicaFiles } from './replica-files.js';

/** A log larger than this is emptied, in bytes. It grows for as long as somebody reads. */
const longestLog = 16 * 1_048_576;
/** Until the next try reads go to the primary, so that those of the old log can end. Milliseconds. */
const retryMs = 500;

/** Keeps the log of a replica from growing without end. */
export class LogBound {
  readonly #files: ReplicaFiles;
  readonly #report: Reporter;
  readonly #wake: () => void;
  #mayRead = true;

  /** @param wake asks for another try */
  constructor(files: ReplicaFiles, report: Reporter, wake: () => void) {
    this.#files = files;
    this.#report = report;
    this.#wake = wake;
  }

  /** False while the log is to be emptied: a read that begins now would keep it. */
  get mayRead(): boolean {
    return this.#mayRead;
  }

  /**
   * Empties the log when it is too large; nobody syncs meanwhile. While a reader keeps it, it asks to be tried again.
   * @returns false when there was nothing to do
   * @throws DatabaseError when it cannot be emptied at all: the disk is full, or the file is no database any more
   */
  async apply(signal: AbortSignal): Promise<boolean> {
    const wasPatient = this.#mayRead;
    this.#mayRead = (await this.#files.logSize()) <= longestLog;
    if (this.#mayRead) return false;
    try {
      this.#mayRead = await emptyLog(this.#files.path, signal);
    } finally {
      await this.#files.lookAgain(true);
    }
    if (!this.#mayRead) this.#tryAgain(wasPatient);
    return true;
  }

  #tryAgain(isNews: boolean): void {
    setTimeout(this.#wake, retryMs).unref();
    if (!isNews) return;
    const message =
      'a long read keeps the log of the replica from being emptied; until it is, reads go to the primary';
    this.#report({ level: 'warning', code: 'REPLICA_LOG_LARGE', message });
  }
}
