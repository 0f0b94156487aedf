import { createDeadline, type Deadline } from '../../async/deadline.js';
import type { Reporter } from '../../contract/driver.js';
import { replicaSuffixes, type ReplicaFiles } from './replica-files.js';
import { SyncChild, type SyncAnswer } from './sync-child.js';
import { createHarmError } from './sync-errors.js';
import { watchProgress } from './watch-progress.js';

/** What a sync needs. */
export interface SyncRunnerParts {
  readonly files: ReplicaFiles;
  readonly syncUrl: string;
  readonly remoteEncryptionKey: string | undefined;
  readonly connectTimeoutMs: number;
  readonly askToken: (deadline: Deadline) => Promise<string | undefined>;
  /** Takes credentials out of what libSQL says. */
  readonly redact: (text: string) => string;
  readonly report: Reporter;
}

/** Starting the process, in milliseconds. */
const startTimeoutMs = 15_000;

/** At boot another process may still be dying with the lock in its hands: its parent was killed, and this one has come. */
const lockPatienceMs = 5_000;

/** Runs syncs in a process that is started when needed, and killed when it hangs. */
export class SyncRunner {
  readonly #parts: SyncRunnerParts;
  readonly #signal: AbortSignal;
  #child: SyncChild | undefined;

  /** @param signal ends whatever runs */
  constructor(parts: SyncRunnerParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  /** Starts the process, which takes the lock of the file. @throws ConfigurationError `REPLICA_IN_USE` */
  async open(deadline: Deadline): Promise<void> {
    this.#child = await this.#start(false, lockPatienceMs, deadline);
  }

  /**
   * Starts the process again if it is gone: without its lock nobody may touch the files.
   * @throws ConfigurationError `REPLICA_IN_USE` when another process has taken the lock meanwhile
   */
  async hold(): Promise<void> {
    await this.#require();
  }

  /** @throws DatabaseError when libSQL failed, nothing came any more, or somebody else has changed the files */
  async sync(): Promise<SyncAnswer> {
    const { files, askToken, connectTimeoutMs } = this.#parts;
    const authToken = await askToken(createDeadline(connectTimeoutMs, this.#signal));
    const child = await this.#require();
    // the token, and the process, may have taken their time
    if (!(await files.areUntouched())) throw createHarmError();
    const progress = watchProgress(
      () => files.lookDuringSync(),
      (bytes) => this.#tellProgress(bytes),
    );
    const signal = AbortSignal.any([progress.signal, this.#signal]);
    try {
      return await child.sync(authToken, createDeadline(Infinity, signal));
    } finally {
      await progress.stop();
      if (signal.aborted) await child.kill();
      // also what a sync that failed has written is as good as any
      await files.lookAgain();
    }
  }

  /** Begins anew with no files at all. */
  async reset(): Promise<void> {
    await this.#child?.kill();
    this.#child = await this.#start(true, 0, createDeadline(startTimeoutMs, this.#signal));
  }

  /** Never throws. */
  async close(): Promise<void> {
    await this.#child?.kill();
  }

  async #require(): Promise<SyncChild> {
    if (this.#child?.isAlive === true) return this.#child;
    await this.#child?.kill();
    this.#child = await this.#start(false, 0, createDeadline(startTimeoutMs, this.#signal));
    return this.#child;
  }

  #start(reset: boolean, patienceMs: number, deadline: Deadline): Promise<SyncChild> {
    const { files, syncUrl, remoteEncryptionKey, redact } = this.#parts;
    const settings = { path: files.path, suffixes: replicaSuffixes, syncUrl, remoteEncryptionKey };
    return SyncChild.open(settings, reset, redact, patienceMs, deadline);
  }

  #tellProgress(bytes: number): void {
    const message = `a long sync goes on: the replica has ${Math.round(bytes / 1_048_576)} MB`;
    this.#parts.report({ level: 'info', code: 'REPLICA_SYNCING', message });
  }
}
