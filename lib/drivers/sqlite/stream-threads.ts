import type { Row } from '@libsql/core/api';
import { createDeadline, type Deadline } from '../../async/deadline.js';
import { FifoGate, type Release } from '../../async/fifo-gate.js';
import { within } from '../../async/within.js';
import { createRowFactory } from '../../contract/row.js';
import { addRows } from './pooled-read.js';
import { openThread } from './open-thread.js';
import type { ReaderThread, ThreadTask } from './reader-thread.js';
import type { RowsReply, ThreadSettings } from './thread-protocol.js';
import { whileBusyElsewhere } from './while-busy.js';

const reading = 'while rows were read';

/** Threads for statements that are read as their rows are taken, each of them on one of its own until its end. */
export class StreamThreads {
  readonly #settings: Omit<ThreadSettings, 'marks'>;
  readonly #assertInPlace: () => void;
  readonly #gate: FifoGate;
  readonly #threads = new Set<ReaderThread>();
  readonly #releases = new Map<ReaderThread, Release>();

  constructor(size: number, settings: Omit<ThreadSettings, 'marks'>, assertInPlace: () => void) {
    this.#settings = settings;
    this.#assertInPlace = assertInPlace;
    this.#gate = new FifoGate(size, 'waiting for a free reader (all "pool.readers" stream)');
  }

  /** How many wait for a thread. */
  get waiting(): number {
    return this.#gate.waiting;
  }

  /** What they run now. */
  get statements(): string[] {
    return [...this.#threads].flatMap(({ tasks }) => tasks.map(({ sql }) => sql));
  }

  /** Reads rows as they are taken, with one message of them in advance. */
  async *read(
    sql: string,
    args: readonly unknown[],
    deadline: Deadline,
  ): AsyncGenerator<Row, void, undefined> {
    const { thread, release } = await this.#lend(deadline);
    const task = new StreamTask(sql, args);
    const start = (): Promise<RowsReply> => {
      const reply = task.next();
      thread.run([task]);
      return within(reply, deadline, reading);
    };
    try {
      let reply = await whileBusyElsewhere(start, deadline);
      const createRow = createRowFactory([...reply.columns]);
      for (;;) {
        const { columns, values, done } = reply;
        const next = done ? undefined : task.next();
        if (next !== undefined) thread.more(task);
        const rows: Row[] = [];
        addRows(rows, createRow, columns.length, values);
        yield* rows;
        if (next === undefined) return;
        const patience = createDeadline(deadline.timeoutMs, deadline.signal);
        reply = await whileBusyElsewhere(() => within(next, patience, reading), patience);
      }
    } finally {
      thread.drop(task);
      this.#giveBack(thread, release);
    }
  }

  /** @returns when all of them are gone */
  async close(): Promise<void> {
    const gone = [...this.#threads].map((thread) => thread.gone);
    for (const thread of this.#threads) thread.end();
    await Promise.all(gone);
  }

  async #lend(deadline: Deadline): Promise<{ thread: ReaderThread; release: Release }> {
    const release = await this.#gate.acquire(deadline);
    try {
      const thread = this.#findIdle() ?? (await within(this.#open(), deadline, 'opening a reader'));
      this.#releases.set(thread, release);
      return { thread, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** One whose statement goes on keeps its place until SQLite is done with it. */
  #giveBack(thread: ReaderThread, release = this.#releases.get(thread)): void {
    const isOther = release === undefined || this.#releases.get(thread) !== release;
    if (isOther || (this.#threads.has(thread) && !thread.isIdle)) return;
    release();
    this.#releases.delete(thread);
  }

  #findIdle(): ReaderThread | undefined {
    return [...this.#threads].find((thread) => thread.isIdle && !this.#releases.has(thread));
  }

  #open(): Promise<ReaderThread> {
    const { thread, opened } = openThread(this.#settings, {
      onOpened: this.#assertInPlace,
      onIdle: () => this.#giveBack(thread),
      onGone: () => {
        this.#threads.delete(thread);
        this.#giveBack(thread);
      },
    });
    this.#threads.add(thread);
    return opened;
  }
}

/** One statement of a stream: each `next()` takes one message of rows. */
class StreamTask implements ThreadTask {
  readonly kind = 'stream';
  readonly sql: string;
  readonly args: readonly unknown[];
  #resolve: (reply: RowsReply) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(sql: string, args: readonly unknown[]) {
    this.sql = sql;
    this.args = args;
  }

  next(): Promise<RowsReply> {
    const reply = new Promise<RowsReply>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // the consumer may leave before it asks
    reply.catch(() => undefined);
    return reply;
  }

  onRows(reply: RowsReply): boolean {
    this.#resolve(reply);
    return false;
  }

  onError(error: unknown): void {
    this.#reject(error);
  }
}
