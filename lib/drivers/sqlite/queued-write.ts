import type { ResultSet } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import type { Guest, Release } from '../../async/fifo-gate.js';
import type { SharedCall } from '../../contract/connection.js';
import type { Statement } from '../../contract/statement.js';
import type { SqlClass } from '../../sql/classify-sql.js';
import type { GroupMember } from './group-commit.js';
import type { BoundStatement } from './sqlite-run.js';

/** What a queued write is made of. */
export interface QueuedWriteParts {
  readonly statement: Statement;
  readonly found: SqlClass;
  readonly deadline: Deadline;
  /** Whoever may serve it while it waits: with its own commit, or with a shared one. */
  readonly host: object | undefined;
  /** The statement prepared and its arguments bound, where somebody had to look at them before. */
  readonly bound?: BoundStatement;
  /** The call that it shares with others, to be told of its answer. */
  readonly call?: SharedCall;
  readonly serve: (write: QueuedWrite, release: Release) => void;
}

/** A write that waits for the gate, or to be served by whoever has it. */
export class QueuedWrite implements GroupMember, Guest {
  readonly statement: Statement;
  readonly found: SqlClass;
  readonly deadline: Deadline;
  readonly host: object | undefined;
  bound: BoundStatement | undefined;
  settled: GroupMember['settled'] = undefined;
  readonly #call: SharedCall | undefined;
  readonly #serve: QueuedWriteParts['serve'];
  readonly #resolve: (result: ResultSet) => void;
  readonly #reject: (error: unknown) => void;
  #isAnswered = false;

  constructor(
    { statement, found, deadline, host, bound, call, serve }: QueuedWriteParts,
    resolve: (result: ResultSet) => void,
    reject: (error: unknown) => void,
  ) {
    this.statement = statement;
    this.found = found;
    this.deadline = deadline;
    this.host = host;
    this.bound = bound;
    this.#call = call;
    this.#serve = serve;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onPlace(release: Release): void {
    this.#serve(this, release);
  }

  onRefused(error: unknown): void {
    this.settled = { error };
    this.onServed();
  }

  /** Answers its caller, once. */
  onServed(): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    const { settled } = this;
    if (settled !== undefined && 'result' in settled) {
      this.#resolve(settled.result);
      this.#call?.end();
    } else {
      const error = settled?.error ?? new Error('a write ended without an answer');
      this.#reject(error);
      this.#call?.end(error);
    }
  }
}
