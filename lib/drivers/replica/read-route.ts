import { narrowDeadline, throwIfOver, type Deadline } from '../../async/deadline.js';
import type { Consistency } from '../../contract/statement.js';
import { DatabaseError } from '../../errors/database-error.js';
import type { Freshness } from './freshness.js';
import type { ReplicaSync } from './replica-sync.js';

/** How long a read waits for the replica before it goes to the primary, in milliseconds. */
const longestWaitMs = 1_000;
/** Reads go to the primary for so long after a transaction that the replica could not serve to its end, in milliseconds. */
const avoidMs = 1_000;

/** Says of each read whether the replica may answer it. */
export class ReadRoute {
  readonly #sync: ReplicaSync;
  readonly #freshness: Freshness;
  readonly #consistency: Consistency;
  #avoidUntil = -Infinity;

  /** @param consistency of reads that ask for none */
  constructor(sync: ReplicaSync, freshness: Freshness, consistency: Consistency) {
    this.#sync = sync;
    this.#freshness = freshness;
    this.#consistency = consistency;
  }

  /** The file is good, whatever it lacks. */
  get isUsable(): boolean {
    return this.#sync.state === 'serving' && (this.#sync.mayReadLog || this.#sync.isAway);
  }

  /** The next transactions go to the primary. */
  avoid(): void {
    this.#avoidUntil = performance.now() + avoidMs;
  }

  /** A transaction that begins now had better read the primary, which answers. */
  get isAvoided(): boolean {
    return performance.now() < this.#avoidUntil && !this.#sync.isAway;
  }

  /** The replica has what the read must see. */
  isLocalNow(asked: Consistency | undefined): boolean {
    const wanted = asked ?? this.#consistency;
    if (wanted === 'primary' || !this.isUsable) return false;
    return wanted === 'replica' || this.#freshness.isFresh;
  }

  /** Waits until the replica has what the read must see, but not for long: then the primary is the safe way. */
  async isLocal(asked: Consistency | undefined, deadline: Deadline): Promise<boolean> {
    if (this.isLocalNow(asked)) return true;
    const wanted = asked ?? this.#consistency;
    if (wanted !== 'read-your-writes') return false;
    const patience = narrowDeadline(deadline, longestWaitMs);
    while (this.isUsable && !this.#freshness.isUnsettled && !this.#sync.isAway) {
      if (this.#freshness.isFresh) return true;
      try {
        await this.#sync.next(patience);
      } catch (error) {
        throwIfOver(deadline, 'waiting for the replica');
        if (error instanceof DatabaseError && error.kind === 'timeout') return false;
        throw error;
      }
    }
    return false;
  }
}
