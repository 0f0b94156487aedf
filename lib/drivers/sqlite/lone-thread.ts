import type { Deadline } from '../../async/deadline.js';
import { within } from '../../async/within.js';
import { createClientClosedError } from '../../errors/usage-errors.js';
import { openThread } from './open-thread.js';
import type { ReaderThread } from './reader-thread.js';
import type { ThreadSettings } from './thread-protocol.js';

/** A thread with a handle of its own, started when first needed, and anew when it is gone. */
export class LoneThread {
  readonly #settings: Omit<ThreadSettings, 'marks'>;
  readonly #assertInPlace: () => void;
  #opening: Promise<ReaderThread> | undefined;
  #thread: ReaderThread | undefined;
  #onIdle: () => void = () => undefined;
  #closed = false;

  constructor(settings: Omit<ThreadSettings, 'marks'>, assertInPlace: () => void) {
    this.#settings = settings;
    this.#assertInPlace = assertInPlace;
  }

  /** What it runs now. */
  get statements(): string[] {
    return this.#thread?.tasks.map(({ sql }) => sql) ?? [];
  }

  /** @throws DatabaseError outcome `not-applied` */
  async open(deadline: Deadline, doing: string): Promise<ReaderThread> {
    if (this.#closed) throw createClientClosedError();
    this.#opening ??= this.#start();
    return within(this.#opening, deadline, doing);
  }

  /** Resolves when SQLite is done with what it runs. */
  async idle(): Promise<void> {
    if (this.statements.length > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }

  /** @returns when it is gone */
  async close(): Promise<void> {
    this.#closed = true;
    this.#thread?.end();
    await this.#thread?.gone;
  }

  #start(): Promise<ReaderThread> {
    const { thread, opened } = openThread(this.#settings, {
      onOpened: this.#assertInPlace,
      onIdle: () => this.#onIdle(),
      onGone: () => {
        this.#opening = undefined;
        this.#thread = undefined;
        this.#onIdle();
      },
    });
    this.#thread = thread;
    // whoever tries again starts another one
    return opened.catch(async (error: unknown) => {
      await thread.gone;
      throw error;
    });
  }
}
