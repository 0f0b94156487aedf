import type { ResultSet } from '@libsql/core/api';
import type { Deadline } from '../../async/deadline.js';
import type { Guest, Release } from '../../async/fifo-gate.js';
import type { SharedCall } from '../../contract/connection.js';
import type { Statement } from '../../contract/statement.js';
import type { SqlClass } from '../../sql/classify-sql.js';
import type { GroupMember } from './group-commit.js';
import type { BoundStatement } from './sqlite-run.js';

/** What the writes of one turn have in common. */
export interface WriteTerms {
  readonly found: SqlClass;
  readonly deadline: Deadline;
  /** Whoever may serve it while it waits: with its own commit, or with a shared one. */
  readonly host: object | undefined;
  /** The call that it shares with others, to be told of its answer. */
  readonly call: SharedCall | undefined;
  readonly serve: (write: QueuedWrite, release: Release) => void;
}

/** A write that waits for the gate, or to be served by whoever has it. */
export class QueuedWrite implements GroupMember, Guest {
  readonly statement: Statement;
  bound: BoundStatement | undefined;
  settled: GroupMember['settled'] = undefined;
  readonly #terms: WriteTerms;
  readonly #resolve: (result: ResultSet) => void;
  readonly #reject: (error: unknown) => void;
  #isAnswered = false;

  /** @param bound the statement prepared and its arguments bound, where somebody had to look at them before */
  constructor(
    terms: WriteTerms,
    statement: Statement,
    bound: BoundStatement | undefined,
    resolve: (result: ResultSet) => void,
    reject: (error: unknown) => void,
  ) {
    this.#terms = terms;
    this.statement = statement;
    this.bound = bound;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get found(): SqlClass {
    return this.#terms.found;
  }

  get deadline(): Deadline {
    return this.#terms.deadline;
  }

  get host(): object | undefined {
    return this.#terms.host;
  }

  onPlace(release: Release): void {
    this.#terms.serve(this, release);
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
    const { call } = this.#terms;
    if (settled !== undefined && 'result' in settled) {
      this.#resolve(settled.result);
      call?.end();
    } else {
      const error = settled?.error ?? new Error('a write ended without an answer');
      this.#reject(error);
      call?.end(error);
    }
  }
}
