/** How long equal lines are counted before one is written again, in milliseconds. */
const quietMs = 10_000;

/** Lets one of many equal lines into the log, so that an outage does not fill it. */
export class RepeatedLine {
  #quietUntil = -Infinity;
  #leftOut = 0;

  /** How many lines were left out since the last one; `undefined` when this one is to be left out, too. */
  next(): number | undefined {
    const now = performance.now();
    if (now < this.#quietUntil) {
      this.#leftOut++;
      return undefined;
    }
    const leftOut = this.#leftOut;
    this.#quietUntil = now + quietMs;
    this.#leftOut = 0;
    return leftOut;
  }
}
