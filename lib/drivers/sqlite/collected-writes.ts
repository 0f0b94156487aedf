import type { ResultSet } from '@libsql/core/api';
import type { SharedCall } from '../../contract/connection.js';
import type { Statement } from '../../contract/statement.js';
import type { GroupMember } from './group-commit.js';
import type { BoundStatement } from './sqlite-run.js';

/** A write of this turn of the event loop. */
class CollectedWrite implements GroupMember {
  readonly statement: Statement;
  readonly bound: BoundStatement;
  readonly deadline: GroupMember['deadline'];
  settled: GroupMember['settled'] = undefined;
  readonly #call: SharedCall;
  readonly #resolve: (result: ResultSet) => void;
  readonly #reject: (error: unknown) => void;
  #isAnswered = false;

  constructor(
    call: SharedCall,
    { statement, bound }: Pick<CollectedWrite, 'statement' | 'bound'>,
    resolve: (result: ResultSet) => void,
    reject: (error: unknown) => void,
  ) {
    this.statement = statement;
    this.bound = bound;
    this.deadline = call.deadline;
    this.#call = call;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Answers its caller. */
  onServed(): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    const { settled } = this;
    if (settled !== undefined && 'result' in settled) return this.#resolve(settled.result);
    const error = settled?.error ?? new Error('a write ended without an answer');
    this.#call.onFailed(error);
    this.#reject(error);
  }
}

/**
 * The writes of one turn of the event loop, in order, of whoever holds the gate for them. They have one deadline, so that none of them needs
 * a place in a queue that watches it, nor to be counted by itself: both take longer than a short write.
 */
export class CollectedWrites {
  readonly #call: SharedCall;
  readonly #writes: CollectedWrite[] = [];
  #taken = 0;

  constructor(call: SharedCall) {
    this.#call = call;
  }

  /** Whether some wait that nobody has taken. */
  get hasMore(): boolean {
    return this.#taken < this.#writes.length;
  }

  add(statement: Statement, bound: BoundStatement): Promise<ResultSet> {
    return new Promise((resolve, reject) => {
      this.#writes.push(new CollectedWrite(this.#call, { statement, bound }, resolve, reject));
    });
  }

  /** The next one in order, to be served. */
  take(): CollectedWrite | undefined {
    return this.hasMore ? this.#writes[this.#taken++] : undefined;
  }

  /** All of them are answered. */
  end(): void {
    this.#call.end();
  }
}
