import type { ResultSet } from '@libsql/core/api';
import { createDeadline, narrowDeadline, type Deadline } from '../async/deadline.js';
import type { DriverConnection, SharedCall } from '../contract/connection.js';
import type { Reporter } from '../contract/driver.js';
import type { CallOptions, Statement } from '../contract/statement.js';
import { DatabaseError } from '../errors/database-error.js';
import { createWaitedForItselfError } from '../errors/wait-errors.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { isInRequest, narrowToAmbient, throwIfRequestIsOver } from './ambient-deadline.js';
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

  /**
   * Counts a call and remembers its error. Work of a transaction that is still open is let in while a close drains.
   */
  track<T>(work: () => Promise<T>): Promise<T> {
    const session = this.#session;
    const key = session.opened?.connection.databaseKey;
    if (key === undefined) return this.#follow(session, false, undefined, work);
    return this.#follow(session, currentScope(key) !== undefined, findLeftScope(key), work);
  }

  /** Runs a call one way or the other. */
  run<T>(options: CallOptions, ways: CallWays<T>): Promise<T> {
    return this.track(() => {
      const deadline = this.createDeadline(options);
      const { opened } = this.#session;
      return opened === undefined
        ? this.#session.open(deadline).then(({ connection }) => goOneWay(connection, ways, deadline))
        : goOneWay(opened.connection, ways, deadline);
    });
  }

  /**
   * Runs a statement before it returns, or with others at the end of this turn: a call that nothing is around needs no deadline of its
   * own then, and nobody can close the connection meanwhile.
   * @returns undefined when it has to go the way of every call
   * @throws DatabaseError
   */
  executeNow(
    statement: Statement,
    { timeoutMs, signal }: CallOptions,
  ): ResultSet | Promise<ResultSet> | undefined {
    const { opened, closed } = this.#session;
    if (opened?.connection.executeNow === undefined || closed) return undefined;
    checkTimeout(timeoutMs);
    if (signal?.aborted || (timeoutMs !== undefined && !(timeoutMs > 0))) return undefined;
    if (currentScope(opened.connection.databaseKey) !== undefined) return undefined;
    const isBounded = timeoutMs !== undefined || signal !== undefined || isInRequest();
    try {
      throwIfRequestIsOver();
      return opened.connection.executeNow(statement, isBounded ? undefined : this.#share);
    } catch (error) {
      this.#remember(error);
      throw error;
    }
  }

  /** What a transaction handle needs; it stays with the session that it began in. */
  createHost(databaseKey: string): TransactionHost {
    const session = this.#session;
    return {
      databaseKey,
      createDeadline: (options) => this.createDeadline(options),
      track: (work) => this.#follow(session, true, undefined, work),
      report: (code, error) => this.#report({ level: 'warning', code, message: (error as Error).message }),
    };
  }

  /** One promise for all that every call needs. */
  async #follow<T>(
    session: ConnectionSession,
    letInBefore: boolean,
    left: TransactionScope | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      const around = session.enter(letInBefore);
      try {
        return await work();
      } finally {
        session.leave(around);
      }
    } catch (error) {
      const explained = left === undefined ? error : explainWait(error, left);
      this.#remember(explained);
      throw explained;
    }
  }

  /** For calls that nothing is around. */
  readonly #share = (): SharedCall => {
    const session = this.#session;
    return {
      deadline: createDeadline(this.#options.queryTimeoutMs, session.signal),
      begin: () => void session.enter(false),
      end: (error) => {
        this.#remember(error);
        session.leave(undefined);
      },
    };
  };

  #remember(error: unknown): void {
    if (!(error instanceof DatabaseError)) return;
    this.#lastError = { kind: error.kind, at: new Date() };
    if (error.kind === 'timeout') this.#timeouts++;
  }
}

/** @throws DatabaseError `TRANSACTION_CLOSED` when the call outlived its transaction */
function goOneWay<T>(connection: DriverConnection, ways: CallWays<T>, deadline: Deadline): Promise<T> {
  const scope = findOuterScope(connection.databaseKey);
  return scope === undefined ? ways.alone(connection, deadline) : ways.joined(scope, deadline);
}

/** A call outside of a transaction that is open around it may wait for that transaction, which waits for the call: say so. */
function explainWait(error: unknown, left: TransactionScope): unknown {
  const inVain = error instanceof DatabaseError && error.code === 'TIMEOUT' && !left.ended;
  return inVain ? createWaitedForItselfError(error, left.origin) : error;
}
