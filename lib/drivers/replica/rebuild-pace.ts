import { createSyncError } from './sync-errors.js';

/** Least time between two rebuilds, in milliseconds, doubled each time; quiet for as long as that again, and it begins anew. */
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

/** Keeps a replica that breaks again and again from fetching everything again and again. */
export class RebuildPace {
  #count = 0;
  #pauseMs = firstPauseMs;
  #last = -Infinity;

  get count(): number {
    return this.#count;
  }

  /** @throws DatabaseError `REPLICA_SYNC_FAILED` when the last rebuild was just before */
  take(): void {
    const since = performance.now() - this.#last;
    if (since < this.#pauseMs) {
      const left = Math.ceil((this.#pauseMs - since) / 1_000);
      throw createSyncError(`it was filled anew just before; the next try is in ${left} s`);
    }
    this.#pauseMs = since > 2 * this.#pauseMs ? firstPauseMs : Math.min(longestPauseMs, this.#pauseMs * 2);
    this.#last = performance.now();
    this.#count++;
  }
}
