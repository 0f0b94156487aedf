import { Worker } from 'node:worker_threads';
import { runOutside } from '../../async/run-outside.js';
import type { Outcome } from '../../errors/database-error.js';
import { IntegerRangeError } from '../../errors/integer-range-error.js';
import { createCrashError, toThreadError } from './thread-errors.js';
import type {
  FromThread,
  JobKind,
  RowsReply,
  ThreadReply,
  ThreadSettings,
  ToThread,
} from './thread-protocol.js';

/** How long a commit that has met a lock before is waited for, to see whether it meets it again, in milliseconds. */
const longestTryMs = 5;

/** A statement on its way through a thread. */
export interface ThreadTask {
  readonly sql: string;
  readonly args: readonly unknown[];
  readonly kind: JobKind;
  /** @returns whether it takes more rows at once; otherwise it asks with `more()` */
  onRows(reply: RowsReply): boolean;
  onError(error: unknown): void;
}

/** What a thread tells its pool. */
export interface ThreadEvents {
  /** @throws when the handle must not be used */
  readonly onOpened: () => void;
  /** It takes tasks. */
  readonly onIdle: (thread: ReaderThread) => void;
  /** It could not open its handle, and takes no tasks. */
  readonly onUnusable: (thread: ReaderThread, error: Error) => void;
  /** It is gone, and its handle with it. */
  readonly onGone: (thread: ReaderThread) => void;
}

/** A worker thread with a handle of its own on the database. It does not keep the process alive: who waits for it has a timer. */
export class ReaderThread {
  #worker: Worker | undefined;
  readonly #marks = new Int32Array(new SharedArrayBuffer(20));
  readonly #tasks = new Map<number, ThreadTask>();
  readonly #events: ThreadEvents;
  /** Resolves when it is gone, and its handle with it. */
  readonly gone: Promise<void>;
  #lastId = 0;
  #state: 'starting' | 'open' | 'ending' | 'gone' = 'starting';
  #crashedBy: unknown;

  constructor(settings: Omit<ThreadSettings, 'marks'>, events: ThreadEvents) {
    this.#events = events;
    this.gone = new Promise((resolve) => {
      const onExit = (): void => {
        this.#onExit();
        resolve();
      };
      try {
        this.#worker = runOutside(() => this.#start(settings)).on('exit', onExit);
      } catch (error) {
        // the process may have no more threads: told later, as by a thread
        this.#crashedBy = error;
        queueMicrotask(onExit);
      }
    });
  }

  /** The tasks that it has not finished, the one at work first. */
  get tasks(): ThreadTask[] {
    return [...this.#tasks.values()];
  }

  get isIdle(): boolean {
    return this.#state === 'open' && this.#tasks.size === 0;
  }

  /** The commit of the write at work, or the last one, has found a lock. */
  get hasMetLock(): boolean {
    return Atomics.load(this.#marks, 4) === 1;
  }

  get isStarting(): boolean {
    return this.#state === 'starting';
  }

  run(tasks: readonly ThreadTask[]): void {
    const jobs = tasks.map((task) => {
      const id = ++this.#lastId;
      this.#tasks.set(id, task);
      const { sql, args, kind } = task;
      return { id, sql, args, kind };
    });
    Atomics.store(this.#marks, 3, 0);
    Atomics.store(this.#marks, 4, 0);
    this.#post({ type: 'run', jobs });
  }

  /** Asks for the next rows of a task. */
  more(task: ThreadTask): void {
    const id = this.#idOf(task);
    if (id !== undefined) this.#post({ type: 'more', id });
  }

  /** Nobody waits for this task any more: the thread stops at its next row, if it comes to one. */
  drop(task: ThreadTask): void {
    const id = this.#idOf(task);
    if (id === undefined) return;
    const [atWork] = this.#tasks.keys();
    if (id === atWork) Atomics.store(this.#marks, 1, id);
    this.#post({ type: 'drop', id });
  }

  /**
   * Nobody waits for this write any more: it is rolled back, unless its commit has begun. It stays with the thread until SQLite is done
   * with it.
   * @returns whether it is surely not kept
   */
  giveUp(task: ThreadTask): boolean {
    const id = this.#idOf(task);
    if (id === undefined) return false;
    // a try that finds the lock again is over at once
    if (this.hasMetLock) Atomics.wait(this.#marks, 3, id, longestTryMs);
    const isKept = Atomics.compareExchange(this.#marks, 3, 0, -1) > 0;
    // its rows may be on their way, and nobody asks for the rest
    if (isKept) this.drop(task);
    else Atomics.store(this.#marks, 1, id);
    return !isKept;
  }

  /** Takes back the tasks that wait behind the one at work. */
  takeBack(): ThreadTask[] {
    const [atWork, ...waiting] = this.#tasks;
    if (atWork === undefined || waiting.length === 0) return [];
    // it may not even have begun
    Atomics.store(this.#marks, 2, atWork[0]);
    Atomics.store(this.#marks, 0, this.#lastId);
    for (const [id] of waiting) this.#tasks.delete(id);
    return waiting.map(([, task]) => task);
  }

  /** Closes the handle as soon as nothing runs on it. */
  end(): void {
    if (this.#state === 'gone') return;
    this.#state = 'ending';
    this.#post({ type: 'end' });
  }

  #start(settings: Omit<ThreadSettings, 'marks'>): Worker {
    const worker = new Worker(new URL('./reader.worker.js', import.meta.url), {
      workerData: { ...settings, marks: this.#marks.buffer } satisfies ThreadSettings,
      name: 'nestjs-turso reader',
      execArgv: [],
    });
    worker.unref();
    worker.on('message', (replies: FromThread) => this.#receive(replies));
    worker.on('error', (error) => (this.#crashedBy = error));
    return worker;
  }

  #post(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #idOf(task: ThreadTask): number | undefined {
    return [...this.#tasks].find(([, each]) => each === task)?.[0];
  }

  #receive(replies: FromThread): void {
    for (const reply of replies) this.#take(reply);
    if (this.isIdle) this.#events.onIdle(this);
  }

  #take(reply: ThreadReply): void {
    switch (reply.type) {
      case 'opened':
        return this.#checkOpened();
      case 'unopened':
        return this.#beUnusable(toThreadError(reply));
      case 'rows':
        return this.#takeRows(reply);
      case 'dropped':
        this.#tasks.delete(reply.id);
        return;
      case 'failed':
        return this.#takeError(reply.id, toThreadError(reply));
      case 'out-of-range':
        return this.#takeError(reply.id, new IntegerRangeError(this.#wroteIn(reply.id)));
    }
  }

  #checkOpened(): void {
    if (this.#state === 'ending') return;
    try {
      this.#events.onOpened();
      this.#state = 'open';
    } catch (error) {
      this.#beUnusable(error as Error);
    }
  }

  #beUnusable(error: Error): void {
    this.end();
    this.#events.onUnusable(this, error);
  }

  #takeRows(reply: RowsReply): void {
    const task = this.#tasks.get(reply.id);
    if (task === undefined) {
      if (!reply.done) this.#post({ type: 'drop', id: reply.id });
      return;
    }
    if (reply.done) this.#tasks.delete(reply.id);
    if (task.onRows(reply) && !reply.done) this.#post({ type: 'more', id: reply.id });
  }

  #takeError(id: number, error: unknown): void {
    const task = this.#tasks.get(id);
    this.#tasks.delete(id);
    task?.onError(error);
  }

  #wroteIn(id: number): Outcome {
    return this.#tasks.get(id)?.kind === 'write' ? 'applied' : 'not-applied';
  }

  #onExit(): void {
    const wasStarting = this.#state === 'starting';
    this.#state = 'gone';
    const kind = this.#worker === undefined ? 'unavailable' : 'internal';
    // a commit had begun
    const outcome = Atomics.load(this.#marks, 3) > 0 ? 'unknown' : 'not-applied';
    const error = createCrashError(this.#crashedBy, kind, outcome);
    for (const id of [...this.#tasks.keys()]) this.#takeError(id, error);
    if (wasStarting) this.#events.onUnusable(this, error);
    this.#events.onGone(this);
  }
}
