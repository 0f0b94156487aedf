import { AsyncLocalStorage } from 'node:async_hooks';
import { setMaxListeners } from 'node:events';
import { jitteredBackoffMs } from '../async/backoff.js';
import { createDeadline, remainingMs, type Deadline } from '../async/deadline.js';
import { sleep } from '../async/sleep.js';
import { within } from '../async/within.js';
import type { Reporter } from '../contract/driver.js';
import { DatabaseError } from '../errors/database-error.js';
import { createClientClosedError } from '../errors/usage-errors.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { openDatabase, type OpenedDatabase } from './open-database.js';

/** Waits between attempts to open at boot, in milliseconds. */
const baseWaitMs = 100;
const longestWaitMs = 2_000;

/** Set while the `onConnectionCreate` hook runs: its calls must not wait for itself. */
const insideHook = new AsyncLocalStorage<ConnectionSession>();

/** One life of a connection, from its opening to its close. `reconnect()` begins a new one. */
export class ConnectionSession {
  readonly #options: ResolvedOptions;
  readonly #report: Reporter;
  readonly #onOpened: (opened: OpenedDatabase, signal: AbortSignal) => Promise<void>;
  readonly #closer = new AbortController();
  #opened: OpenedDatabase | undefined;
  #ready = false;
  #connecting: Promise<OpenedDatabase> | undefined;
  #opening: Promise<OpenedDatabase> | undefined;
  #closing: Promise<void> | undefined;
  #inFlight = 0;
  #onIdle: (() => void) | undefined;
  #state: 'idle' | 'opening' | 'open' | 'closing' | 'closed' = 'idle';
  #since = new Date();

  constructor(
    options: ResolvedOptions,
    report: Reporter,
    onOpened: (opened: OpenedDatabase, signal: AbortSignal) => Promise<void>,
  ) {
    this.#options = options;
    this.#report = report;
    this.#onOpened = onOpened;
    setMaxListeners(0, this.#closer.signal);
  }

  /** Fires when the close no longer waits: every wait of this session ends with `CLIENT_CLOSED`. */
  get signal(): AbortSignal {
    return this.#closer.signal;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  get state(): 'idle' | 'opening' | 'open' | 'closing' | 'closed' {
    return this.#state;
  }

  get since(): Date {
    return this.#since;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** The database once it is open. */
  get opened(): OpenedDatabase | undefined {
    return this.#ready || insideHook.getStore() === this ? this.#opened : undefined;
  }

  /** The opened database; opens it at the first call. A failed opening is tried anew by the next call. */
  async open(deadline: Deadline): Promise<OpenedDatabase> {
    const opened = this.opened;
    if (opened !== undefined) return opened;
    return within(this.#open(), deadline, 'opening the database');
  }

  /** Opens with further attempts while the database cannot be reached, up to `bootTimeoutMs`. */
  async openAtBoot(): Promise<void> {
    if (this.opened !== undefined) return;
    const deadline = createDeadline(this.#options.bootTimeoutMs, this.signal);
    let reason: unknown;
    for (let attempt = 1; ; attempt++) {
      try {
        await within(this.#connect(), deadline, 'opening the database');
        break;
      } catch (error) {
        // when the time runs out during a further attempt, the error of the one before says more; a timer may be 1 ms early
        const over = remainingMs(deadline) <= 1;
        if (!over || reason === undefined) reason = error;
        const waitMs = jitteredBackoffMs(attempt, baseWaitMs, longestWaitMs);
        if (!isTemporary(error) || waitMs >= remainingMs(deadline)) throw reason;
        await sleep(waitMs, deadline, 'waiting to open the database again');
      }
    }
    // the schema and the hook have bounds of their own
    await this.#open();
  }

  /**
   * Counts a call, so that a close waits for it.
   * @throws DatabaseError `CLIENT_CLOSED` once the close has begun, unless the call belongs to work that was let in before
   */
  async track<T>(work: () => Promise<T>, letInBefore = false): Promise<T> {
    if (this.closed && !(letInBefore && this.#state === 'closing')) throw createClientClosedError();
    this.#inFlight++;
    try {
      return await work();
    } finally {
      if (--this.#inFlight === 0) this.#onIdle?.();
    }
  }

  /** Refuses new calls, waits for those in flight up to `shutdownTimeoutMs`, ends the rest, closes the database. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Callers who come together share one opening. */
  #open(): Promise<OpenedDatabase> {
    this.#opening ??= this.#connectAndPrepare().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #connectAndPrepare(): Promise<OpenedDatabase> {
    const opened = await this.#connect();
    await insideHook.run(this, () => this.#onOpened(opened, this.signal));
    this.#ready = true;
    this.#enter('open');
    return opened;
  }

  #connect(): Promise<OpenedDatabase> {
    this.#connecting ??= this.#connectOnce().finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  async #connectOnce(): Promise<OpenedDatabase> {
    if (this.#opened !== undefined) return this.#opened;
    this.#enter('opening');
    try {
      const deadline = createDeadline(this.#options.queryTimeoutMs, this.signal);
      this.#opened = await openDatabase(this.#options, this.#report, deadline);
      return this.#opened;
    } catch (error) {
      this.#enter('idle');
      throw error;
    }
  }

  async #close(): Promise<void> {
    this.#enter('closing');
    if (this.#inFlight > 0) await this.#drain();
    this.#closer.abort(createClientClosedError());
    await (this.#opening ?? this.#connecting)?.catch(() => undefined);
    try {
      await this.#opened?.connection.close();
    } catch (error) {
      this.#report({
        level: 'warning',
        code: 'CLOSE_FAILED',
        message: `closing the database failed: ${(error as Error).message}`,
      });
    }
    this.#ready = false;
    this.#opened = undefined;
    this.#enter('closed');
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#options.shutdownTimeoutMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #enter(state: typeof this.state): void {
    if (this.closed && state !== 'closing' && state !== 'closed') return;
    this.#state = state;
    this.#since = new Date();
  }
}

function isTemporary(error: unknown): boolean {
  return error instanceof DatabaseError && ['unavailable', 'busy', 'timeout'].includes(error.kind);
}
