import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { remainingMs, type Deadline } from '../../async/deadline.js';
import { sleep } from '../../async/sleep.js';
import type { DatabaseError } from '../../errors/database-error.js';
import { ConfigurationError } from '../../errors/configuration-error.js';
import { createSyncError } from './sync-errors.js';

/** What the child needs to know; credentials travel with each request instead. */
export interface SyncSettings {
  readonly path: string;
  /** Of every file that belongs to the replica, the database's own (the empty one) included. */
  readonly suffixes: readonly string[];
  readonly syncUrl: string;
  readonly remoteEncryptionKey: string | undefined;
}

/** What a sync has applied. */
export interface SyncAnswer {
  /** Position in the log of the primary; undefined when the primary is empty. */
  readonly frame: bigint | undefined;
  readonly frames: number;
}

const lockPauseMs = 100;

type Answer =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly isLocked: boolean; readonly message: string }
  | { readonly type: 'synced'; readonly frame: number | undefined; readonly frames: number }
  | { readonly type: 'failed'; readonly message: string };

/** The process in which libSQL syncs one replica. It holds the lock of the file as long as it lives, and ends with this process. */
export class SyncChild {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #redact: (text: string) => string;
  #busy: Promise<unknown> | undefined;

  private constructor(child: ChildProcess, redact: (text: string) => string) {
    this.#process = child;
    this.#redact = redact;
    // without anybody to hear it, an error would end this process
    child.on('error', () => undefined);
    this.#exited = once(child, 'exit').catch(() => undefined);
    // a process that nobody waits for ends without its child
    child.unref();
    child.channel?.unref();
  }

  /**
   * @param reset removes the files first
   * @param redact takes credentials out of what the process says
   * @param lockPatienceMs so long another process may take to leave the lock, in milliseconds
   * @throws ConfigurationError `REPLICA_IN_USE` when another process has the replica
   */
  static async open(
    settings: SyncSettings,
    reset: boolean,
    redact: (text: string) => string,
    lockPatienceMs: number,
    deadline: Deadline,
  ): Promise<SyncChild> {
    const patientUntil = performance.now() + lockPatienceMs;
    for (;;) {
      const child = new SyncChild(forkScript(), redact);
      try {
        const answer = await child.#ask({ type: 'open', settings: { ...settings, reset } }, deadline);
        if (answer.type === 'ready') return child;
        if (answer.type !== 'refused') throw child.#toError(answer);
        if (!answer.isLocked)
          throw createSyncError(`the sync process cannot lock the replica: ${answer.message}`);
      } catch (error) {
        await child.kill();
        throw error;
      }
      await child.kill();
      if (performance.now() > patientUntil || remainingMs(deadline) < 2 * lockPauseMs)
        throw createInUseError(settings.path);
      await sleep(lockPauseMs, deadline, 'waiting for another process to leave the replica');
    }
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null && this.#process.connected;
  }

  /** Never two at once. @throws DatabaseError when libSQL failed or the process ended */
  async sync(authToken: string | undefined, deadline: Deadline): Promise<SyncAnswer> {
    await this.#busy;
    const asked = this.#ask({ type: 'sync', authToken }, deadline);
    this.#busy = asked.catch(() => undefined);
    const answer = await asked;
    if (answer.type !== 'synced') throw this.#toError(answer);
    return { frame: answer.frame === undefined ? undefined : BigInt(answer.frame), frames: answer.frames };
  }

  /** Ends the process at any moment, and resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    if (this.#process.pid === undefined) return;
    this.#process.ref();
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  #toError(answer: Answer): DatabaseError {
    if (!('message' in answer)) return createSyncError('the sync process gave a wrong answer');
    return createSyncError(this.#redact(answer.message));
  }

  /** One answer to one request, or the end of the process. */
  #ask(request: object, deadline: Deadline): Promise<Answer> {
    const child = this.#process;
    return new Promise<Answer>((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        deadline.signal?.removeEventListener('abort', abort);
        child.off('message', answered).off('exit', ended).off('error', failed);
      };
      const stop = (message: string): void => {
        leave();
        reject(createSyncError(message));
      };
      const answered = (answer: unknown): void => {
        leave();
        resolve(answer as Answer);
      };
      const ended = (): void => stop('the sync process ended');
      const failed = (error: Error): void => stop(`the sync process failed: ${error.message}`);
      const abort = (): void => stop('the sync was given up');
      const timer = setTimeout(() => stop('the sync process did not answer'), remainingMs(deadline));
      timer.unref();
      deadline.signal?.addEventListener('abort', abort, { once: true });
      child.on('message', answered).on('exit', ended).on('error', failed);
      if (child.exitCode !== null || child.signalCode !== null || deadline.signal?.aborted) ended();
      else child.send(request, (error) => error && stop('the sync process ended'));
    });
  }
}

/** Without what this process was started with. */
function forkScript(): ChildProcess {
  const script = fileURLToPath(new URL('./sync.child.js', import.meta.url));
  return fork(script, [], { stdio: 'ignore', execArgv: [] });
}

function createInUseError(path: string): ConfigurationError {
  return new ConfigurationError(
    `the replica ${path} is in use by another process: give each process a path of its own ("replica.path")`,
    'REPLICA_IN_USE',
  );
}
