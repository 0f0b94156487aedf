import { createDeadline, narrowDeadline, type Deadline } from '../async/deadline.js';
import type { DriverConnection } from '../contract/connection.js';
import type { Reporter } from '../contract/driver.js';
import type { CallOptions } from '../contract/statement.js';
import { DatabaseError } from '../errors/database-error.js';
import { createWaitedForItselfError } from '../errors/wait-errors.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { narrowToAmbient } from './ambient-deadline.js';
import { checkTimeout } from './check-call-options.js';
import type { ConnectionSession } from './connection-session.js';
import type { ConnectionStatus } from './connection-status.js';
import { findOuterScope } from './find-outer-scope.js';
import { currentScope, findLeftScope } from './scope-storage.js';
import type { TransactionHost } from './scoped-transaction.js';
import type { TransactionScope } from './transaction-scope.js';

/** The two ways of a call: into the transaction around it, or to the database by itself. */
export interface CallWays<T> {
  readonly joined: (scope: TransactionScope, deadline: Deadline) => Promise<T>;
  readonly alone: (connection: DriverConnection, deadline: Deadline) => Promise<T>;
}

/** The way of every call of a connection: counted, bounded, opened first, then joined to a transaction or alone. */
export class ConnectionCalls {
  readonly #options: ResolvedOptions;
  readonly #report: Reporter;
  readonly #createSession: (previous?: ConnectionSession) => ConnectionSession;
  #session: ConnectionSession;
  #lastError: ConnectionStatus['lastError'];
  #timeouts = 0;

  constructor(
    options: ResolvedOptions,
    report: Reporter,
    createSession: (previous?: ConnectionSession) => ConnectionSession,
  ) {
    this.#options = options;
    this.#report = report;
    this.#createSession = createSession;
    this.#session = createSession();
  }

  get session(): ConnectionSession {
    return this.#session;
  }

  /** The last failed call. */
  get lastError(): ConnectionStatus['lastError'] {
    return this.#lastError;
  }

  /** How many calls ended at their deadline. */
  get timeouts(): number {
    return this.#timeouts;
  }

  /** Closes the session in the background and begins a new one. */
  renewSession(): void {
    void this.#session.close();
    this.#session = this.#createSession(this.#session);
  }

  /**
   * Starts the deadline of a call; closing the connection ends it early.
   * @throws DatabaseError `ARGS_INVALID`
   */
  createDeadline({ timeoutMs = this.#options.queryTimeoutMs, signal }: CallOptions): Deadline {
    checkTimeout(timeoutMs);
    const deadline = narrowToAmbient(createDeadline(timeoutMs, this.#session.signal));
    return signal === undefined ? deadline : narrowDeadline(deadline, timeoutMs, signal);
  }

  /** Counts a call and remembers its error. Work of a transaction that is still open is let in while a close drains. */
  async track<T>(work: () => Promise<T>): Promise<T> {
    const key = this.#session.opened?.connection.databaseKey;
    if (key === undefined) return this.#remember(() => this.#session.track(work));
    const left = findLeftScope(key);
    const bound = left === undefined ? work : () => explainWait(work, left);
    return this.#remember(() => this.#session.track(bound, currentScope(key) !== undefined));
  }

  /** Runs a call one way or the other. */
  async run<T>(options: CallOptions, ways: CallWays<T>): Promise<T> {
    return this.track(async () => {
      const deadline = this.createDeadline(options);
      const { connection } = this.#session.opened ?? (await this.#session.open(deadline));
      const scope = findOuterScope(connection.databaseKey);
      return scope === undefined ? ways.alone(connection, deadline) : ways.joined(scope, deadline);
    });
  }

  /** What a transaction handle needs; it stays with the session that it began in. */
  createHost(databaseKey: string): TransactionHost {
    const session = this.#session;
    return {
      databaseKey,
      createDeadline: (options) => this.createDeadline(options),
      track: (work) => this.#remember(() => session.track(work, true)),
      report: (code, error) => this.#report({ level: 'warning', code, message: (error as Error).message }),
    };
  }

  async #remember<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DatabaseError) {
        this.#lastError = { kind: error.kind, at: new Date() };
        if (error.kind === 'timeout') this.#timeouts++;
      }
      throw error;
    }
  }
}

/** A call outside of a transaction that is open around it may wait for that transaction, which waits for the call: say so. */
async function explainWait<T>(work: () => Promise<T>, left: TransactionScope): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const inVain = error instanceof DatabaseError && error.code === 'TIMEOUT' && !left.ended;
    throw inVain ? createWaitedForItselfError(error, left.origin) : error;
  }
}
