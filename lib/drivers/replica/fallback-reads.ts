import type { ResultSet, Row } from '@libsql/core/api';
import { narrowDeadline, remainingMs, type Deadline } from '../../async/deadline.js';
import type { BatchOptions, DriverConnection, DriverTransaction } from '../../contract/connection.js';
import type { Reporter } from '../../contract/driver.js';
import { tellStaleRead } from '../../contract/stale-reads.js';
import type { Statement, TransactionMode } from '../../contract/statement.js';
import { DatabaseError } from '../../errors/database-error.js';
import { findSilence } from '../../errors/silence.js';
import { beginRows, takeRows, type LocalSide } from './local-side.js';
import { ReplicaTransaction } from './replica-transaction.js';

/** Where reads that want the primary go. */
export type PrimaryReads = Pick<DriverConnection, 'execute' | 'batch' | 'stream' | 'begin'>;

/** What the replica needs to answer in place of the primary. */
export interface FallbackParts {
  readonly primary: PrimaryReads;
  readonly local: LocalSide;
  /** The file is good, whatever it lacks. */
  readonly isUsable: () => boolean;
  /** Age of its data in milliseconds. */
  readonly ageMs: () => number;
  /** When the primary has last answered a request, whatever it said, on the clock of `performance.now()`. */
  readonly answeredAt: () => number;
  readonly report: Reporter;
}

/** What the primary may take of the time of a read; the rest is for the replica. */
const shareOfPrimary = 0.8;

/** Reads on the primary that the replica answers while the primary does not, marked as stale. */
export class FallbackReads implements PrimaryReads {
  readonly #parts: FallbackParts;
  #isServing = false;
  #count = 0;

  constructor(parts: FallbackParts) {
    this.#parts = parts;
  }

  /** How many reads the replica has answered. */
  get count(): number {
    return this.#count;
  }

  execute(statement: Statement, deadline: Deadline): Promise<ResultSet> {
    const { primary, local } = this.#parts;
    return this.#run(
      (until) => primary.execute(statement, until),
      async () => this.#mark(await local.execute(statement, deadline)),
      deadline,
    );
  }

  batch(statements: readonly Statement[], options: BatchOptions, deadline: Deadline): Promise<ResultSet[]> {
    const { primary, local } = this.#parts;
    return this.#run(
      (until) => primary.batch(statements, options, until),
      async () =>
        (await local.batch(statements, options, deadline))?.map((result) => this.#mark(result) ?? result),
      deadline,
    );
  }

  /** Rows of which some were shown cannot go on with those of another moment. */
  async *stream(statement: Statement, deadline: Deadline): AsyncGenerator<Row, void, undefined> {
    const { primary, local } = this.#parts;
    const begun = await this.#run(
      (until) => beginRows(primary.stream(statement, until)),
      () => local.stream(statement, deadline),
      deadline,
    );
    yield* takeRows(begun);
  }

  /** For a transaction that only reads. */
  async begin(mode: TransactionMode, deadline: Deadline, origin: string): Promise<DriverTransaction> {
    const { primary, local } = this.#parts;
    const began = performance.now();
    let failure: unknown;
    const onReplica = async (): Promise<DriverTransaction> => {
      const found = await local.begin(deadline).catch(() => undefined);
      if (found === undefined) throw failure;
      this.#begin();
      return found;
    };
    const other = {
      isReason: (error: unknown) => this.#isAway(error, began),
      onLeave: (error: unknown) => (failure = error),
      begin: onReplica,
      mark: (result: ResultSet) => this.#mark(result) ?? result,
      share: (until: Deadline) => this.#share(until),
      onServed: () => this.#end(),
    };
    const first = await primary.begin(mode, this.#share(deadline), origin).catch((error: unknown) => {
      if (!other.isReason(error)) throw error;
      failure = error;
      return undefined;
    });
    return first === undefined
      ? new ReplicaTransaction(await onReplica(), other, true)
      : new ReplicaTransaction(first, other);
  }

  async #run<T>(
    onPrimary: (deadline: Deadline) => Promise<T>,
    locally: () => Promise<T | undefined>,
    deadline: Deadline,
  ): Promise<T> {
    const began = performance.now();
    try {
      const found = await onPrimary(this.#share(deadline));
      this.#end();
      return found;
    } catch (error) {
      if (!this.#isAway(error, began)) throw error;
      const found = await locally().catch(() => undefined);
      if (found === undefined) throw error;
      this.#begin();
      return found;
    }
  }

  /** What the primary may take, as long as the replica could answer after it. An error names the time that was set. */
  #share(deadline: Deadline): Deadline {
    if (!this.#parts.isUsable()) return deadline;
    const share = narrowDeadline(deadline, remainingMs(deadline) * shareOfPrimary);
    return { ...share, timeoutMs: deadline.timeoutMs };
  }

  /** A statement that is slow at a primary that answers others is no reason; waiting in vain for a stream of one that does not is. */
  #isAway(error: unknown, began: number): boolean {
    const { answeredAt, isUsable } = this.#parts;
    const isSilent = findSilence(error) !== undefined || isTimeout(error);
    return isSilent && answeredAt() < began && isUsable();
  }

  #begin(): void {
    const ageMs = this.#parts.ageMs();
    this.#count++;
    tellStaleRead(ageMs);
    if (this.#isServing) return;
    this.#isServing = true;
    const message = `the primary does not answer: the replica does in its place, with data that may be ${ageMs} ms old`;
    this.#parts.report({ level: 'warning', code: 'REPLICA_FALLBACK', message });
  }

  #end(): void {
    if (!this.#isServing) return;
    this.#isServing = false;
    const message = 'the primary answers again, and so the replica does no longer in its place';
    this.#parts.report({ level: 'info', code: 'REPLICA_FALLBACK_OVER', message });
  }

  #mark(result: ResultSet | undefined): ResultSet | undefined {
    return result && Object.assign(result, { staleMs: this.#parts.ageMs() });
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DatabaseError && error.kind === 'timeout';
}
