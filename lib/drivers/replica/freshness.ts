interface BegunSync {
  /** By the clock of the process. */
  readonly startedAt: number;
  readonly number: number;
  /** The position that was needed then. */
  readonly needed: bigint;
}

/**
 * What reads must have seen: the highest position in the log of the primary that any answer to this process has named, so that nobody
 * reads his own write's past, nor what was before something already read.
 */
export class Freshness {
  /** Applied to the file. */
  frame: bigint | undefined;
  /** The server names positions at all. */
  namesFrames = false;
  #needed = -1n;
  /** Number of the sync that must have succeeded; for writes whose position nobody named. */
  #neededSync = 0;
  #begun = 0;
  #succeeded = 0;
  /** Positions of another life of the primary's log mean nothing. */
  #epoch = 0;
  #neededInEpoch = -1n;
  #isConfirmed = false;
  #unsettledUntil = -Infinity;
  #isUnsettled = false;
  #isAsking = false;

  get isFresh(): boolean {
    if (this.frame === undefined || this.#isUnsettledNow()) return false;
    return this.frame >= this.#needed && this.#succeeded >= this.#neededSync;
  }

  get isUnsettled(): boolean {
    return this.#isUnsettledNow();
  }

  get framesBehind(): bigint {
    const behind = this.#needed - (this.frame ?? -1n);
    return behind > 0n ? behind : 0n;
  }

  /**
   * A request begins.
   * @returns to be told the position that its answer names; says whether that is impossible for the primary whose log was applied
   */
  observe(): (index: bigint) => 'plausible' | 'impossible' {
    const epoch = this.#epoch;
    const applied = this.frame;
    const reached = this.#reached;
    const isQuestion = this.#isAsking;
    return (index) => {
      this.namesFrames = true;
      if (epoch !== this.#epoch) {
        this.needNextSync();
        return 'plausible';
      }
      if (index > this.#needed) this.#needed = index;
      if (index > this.#neededInEpoch) this.#neededInEpoch = index;
      // whoever has asked compares the answer
      if (applied !== undefined && index < reached) return isQuestion ? 'plausible' : 'impossible';
      this.#isConfirmed = true;
      return 'plausible';
    };
  }

  /**
   * A write begins.
   * @returns to be asked when it has changed rows: false when no answer has named a position beyond what the log had reached before it
   * began, as its own would in the same log
   */
  observeWrite(): () => boolean {
    const epoch = this.#epoch;
    const applied = this.frame;
    const reached = this.#reached;
    return () =>
      !this.namesFrames || epoch !== this.#epoch || applied === undefined || this.#needed > reached;
  }

  /** Nothing older than a sync that begins from now on will do. */
  needNextSync(): void {
    this.#neededSync = this.#begun + 1;
  }

  /** A write may be applied now or later: until then nobody knows what to wait for. */
  unsettle(forMs: number): void {
    this.#isUnsettled = true;
    this.#unsettledUntil = performance.now() + forMs;
  }

  /** An answer since the last sync began has named a position that fits to what was applied. */
  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  beginSync(): BegunSync {
    this.#isConfirmed = false;
    return { startedAt: performance.now(), number: ++this.#begun, needed: this.#needed };
  }

  /** @returns false when the positions that were named before it began are beyond it: they are of another log */
  endSync({ number, needed }: BegunSync, frame: bigint): boolean {
    this.frame = frame;
    this.#succeeded = number;
    return !this.namesFrames || frame >= needed;
  }

  /**
   * The primary is asked where its log is: what answers from before named may be of another one.
   * @param ask sends the question before it returns
   */
  beginAsking<T>(ask: () => T): T {
    this.#beginEpoch();
    this.#isAsking = true;
    try {
      return ask();
    } finally {
      this.#isAsking = false;
    }
  }

  /** It has answered: that and nothing older counts. */
  endAsking(index: bigint | undefined): void {
    const latest = this.#neededInEpoch;
    this.#needed = index !== undefined && index > latest ? index : latest;
  }

  /** The file is empty again: what was named before may be of another log than what it is filled from. */
  reset(): void {
    this.frame = undefined;
    this.#beginEpoch();
    this.endAsking(undefined);
    this.needNextSync();
  }

  /** The log of the primary was at least so long when an answer came, or a sync ended. */
  get #reached(): bigint {
    const applied = this.frame ?? -1n;
    return applied > this.#needed ? applied : this.#needed;
  }

  #beginEpoch(): void {
    this.#epoch++;
    this.#neededInEpoch = -1n;
  }

  #isUnsettledNow(): boolean {
    if (!this.#isUnsettled) return false;
    if (performance.now() < this.#unsettledUntil) return true;
    this.#isUnsettled = false;
    this.needNextSync();
    return false;
  }
}
