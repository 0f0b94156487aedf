import { AsyncLocalStorage } from 'node:async_hooks';
import { setMaxListeners } from 'node:events';
import { createDeadline, type Deadline } from '../async/deadline.js';
import { within } from '../async/within.js';
import type { Reporter } from '../contract/driver.js';
import type { DatabaseError } from '../errors/database-error.js';
import { createClientClosedError } from '../errors/usage-errors.js';
import { nameTarget } from '../options/name-target.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { holdAmbientDeadline, withoutRequestDeadline, type AmbientDeadline } from './ambient-deadline.js';
import { BackgroundOpening, codeOf } from './background-opening.js';
import { CallsInFlight } from './calls-in-flight.js';
import { connectAtBoot, isTemporary } from './connect-at-boot.js';
import type { SessionState } from './connection-status.js';
import { openDatabase, type OpenedDatabase } from './open-database.js';

/** Set while the `onConnectionCreate` hook runs: its calls must not wait for itself. */
const insideHook = new AsyncLocalStorage<ConnectionSession>();

/** One life of a connection, from its opening to its close. `reconnect()` begins a new one. */
export class ConnectionSession {
  readonly #options: ResolvedOptions;
  readonly #report: Reporter;
  readonly #onOpened: (opened: OpenedDatabase, signal: AbortSignal) => Promise<void>;
  readonly #closer = new AbortController();
  #target: ResolvedOptions['target'];
  #opened: OpenedDatabase | undefined;
  #ready = false;
  #connecting: Promise<OpenedDatabase> | undefined;
  #opening: Promise<OpenedDatabase> | undefined;
  #closing: Promise<void> | undefined;
  readonly #inFlight = new CallsInFlight();
  #background: BackgroundOpening | undefined;
  #degradedBy: string | undefined;
  #state: SessionState = 'idle';
  #since = new Date();

  /** @param previous the session before, after `reconnect()`: a fallback is kept until the next start */
  constructor(
    options: ResolvedOptions,
    report: Reporter,
    onOpened: (opened: OpenedDatabase, signal: AbortSignal) => Promise<void>,
    previous?: ConnectionSession,
  ) {
    this.#options = options;
    this.#report = report;
    this.#onOpened = onOpened;
    this.#target = previous?.target ?? options.target;
    this.#degradedBy = this.#servesFallback ? previous?.degradedBy : undefined;
    setMaxListeners(0, this.#closer.signal);
  }

  /** Fires when the close no longer waits: every wait of this session ends with `CLIENT_CLOSED`. */
  get signal(): AbortSignal {
    return this.#closer.signal;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** The database that serves: that of the options, or the fallback. */
  get target(): ResolvedOptions['target'] {
    return this.#target;
  }

  /** Code of the error that keeps the state `degraded`. */
  get degradedBy(): string | undefined {
    return this.#background === undefined ? this.#degradedBy : codeOf(this.#background.reason);
  }

  get state(): SessionState {
    return this.#state;
  }

  get since(): Date {
    return this.#since;
  }

  get inFlight(): number {
    return this.#inFlight.count;
  }

  /** The database once it is open. */
  get opened(): OpenedDatabase | undefined {
    return this.#ready || insideHook.getStore() === this ? this.#opened : undefined;
  }

  /**
   * The opened database; opens it at the first call. A failed opening is tried anew by the next call.
   * @throws DatabaseError `DEGRADED` at once while a database that was down at boot is tried again in the background
   */
  async open(deadline: Deadline): Promise<OpenedDatabase> {
    const opened = this.opened;
    if (opened !== undefined) return opened;
    if (this.#background !== undefined) throw this.#background.createError();
    return within(this.#open(), deadline, 'opening the database');
  }

  /** Opens, and does what `onUnavailable` says when the database cannot be reached. */
  async openAtBoot(): Promise<void> {
    if (this.opened !== undefined || this.#background !== undefined) return;
    const { onUnavailable, bootTimeoutMs } = this.#options;
    const deadline = createDeadline(bootTimeoutMs, this.signal);
    const connect = (): Promise<OpenedDatabase> => this.#connect();
    try {
      if (onUnavailable === 'degraded') await within(connect(), deadline, 'opening the database');
      else
        await connectAtBoot(connect, deadline, (reason) => this.#tellWait(reason)).catch((error: unknown) =>
          this.#fallBack(error),
        );
      // the schema and the hook have bounds of their own
      await this.#open();
    } catch (error) {
      if (onUnavailable !== 'degraded' || !isTemporary(error)) throw error;
      this.#degrade(error);
    }
  }

  /**
   * Counts a call, so that a close waits for it.
   * @returns what `leave` needs at its end
   * @throws DatabaseError `CLIENT_CLOSED` once the close has begun, unless the call belongs to work that was let in before
   */
  enter(letInBefore: boolean): AmbientDeadline | undefined {
    if (this.closed && !(letInBefore && this.#state === 'closing')) throw createClientClosedError();
    this.#inFlight.begin();
    return holdAmbientDeadline();
  }

  /** A call ends. */
  leave(around: AmbientDeadline | undefined): void {
    around?.release();
    this.#inFlight.end();
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
    // it is for everybody, so the request that came first must not end it
    const prepare = (): Promise<void> => withoutRequestDeadline(() => this.#onOpened(opened, this.signal));
    // a store in use makes every promise of the process dearer, on Node 20 by half
    await (this.#options.onConnectionCreate === undefined ? prepare() : insideHook.run(this, prepare));
    this.#ready = true;
    this.#background = undefined;
    this.#enter(this.#servesFallback ? 'degraded' : 'open');
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
      const options = { ...this.#options, target: this.#target };
      this.#opened = await openDatabase(options, this.#report, deadline);
      return this.#opened;
    } catch (error) {
      this.#enter('idle');
      throw error;
    }
  }

  get #servesFallback(): boolean {
    return this.#target === this.#options.fallback;
  }

  /** A boot that waits in silence looks like one that hangs. */
  #tellWait({ message }: DatabaseError): void {
    const seconds = this.#options.bootTimeoutMs / 1_000;
    this.#report({
      level: 'warning',
      code: 'DATABASE_AWAITED',
      message: `${nameTarget(this.#target)} cannot be opened yet: it is tried again, for ${seconds} s at most (${message})`,
    });
  }

  /** From now on calls fail at once, and the database is opened in the background. */
  #degrade(reason: DatabaseError): void {
    if (this.#background !== undefined || this.closed) return;
    const database = nameTarget(this.#target);
    const message = `${database} is not there, so the app starts degraded: calls fail at once until it answers (${reason.message})`;
    this.#enter('degraded');
    this.#background = new BackgroundOpening(database, reason, this.#report);
    this.#report({ level: 'warning', code: 'DATABASE_UNAVAILABLE', message });
    void this.#background.run(() => this.#open(), this.signal);
  }

  /** @throws the reason, when there is no fallback or the server was there and refused */
  async #fallBack(reason: unknown): Promise<void> {
    const { fallback } = this.#options;
    const unreachable = isTemporary(reason) && reason.kind !== 'busy';
    if (fallback === undefined || !unreachable || this.closed) throw reason;
    // an attempt that is still under way must not bring the other database in later
    if ((await this.#connecting?.catch(() => undefined)) !== undefined) return;
    if (this.signal.aborted) throw reason;
    const message = `${nameTarget(this.#target)} is not there: THE FALLBACK ${fallback.path} SERVES until the next start, and what is written to it stays there (${reason.message})`;
    this.#report({ level: 'warning', code: 'FALLBACK_SERVES', message });
    this.#target = fallback;
    this.#degradedBy = reason.code;
  }

  async #close(): Promise<void> {
    this.#enter('closing');
    const deadline = createDeadline(this.#options.shutdownTimeoutMs);
    if (this.#inFlight.count > 0) await this.#inFlight.drain(this.#options.shutdownTimeoutMs);
    this.#closer.abort(createClientClosedError());
    await (this.#opening ?? this.#connecting)?.catch(() => undefined);
    try {
      await this.#opened?.connection.close(deadline);
    } catch (error) {
      this.#report({
        level: 'warning',
        code: 'CLOSE_FAILED',
        message: `closing the database failed: ${(error as Error).message}`,
      });
    }
    this.#ready = false;
    this.#opened = undefined;
    this.#background = undefined;
    this.#enter('closed');
  }

  #enter(state: typeof this.state): void {
    if (this.closed && state !== 'closing' && state !== 'closed') return;
    // attempts in the background do not make it less degraded
    if (this.#background !== undefined && (state === 'opening' || state === 'idle')) return;
    this.#state = state;
    this.#since = new Date();
  }
}
