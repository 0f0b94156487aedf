/** A statement that takes longer inline belongs on a thread, in milliseconds: what all inline work may take in one turn of the event loop. */
const slowMs = 2;
/** So long is not the noise of a busy machine or a garbage collection, in milliseconds. */
const surelySlowMs = 100;
/** After so many fast runs inline, a slow one is taken for noise; after so many on a thread, a slow statement runs inline again. */
const calmRuns = 32;

/**
 * Whether a statement runs inline, where a fast one takes 3 µs, or on a thread, where it takes about 50 and may take as long as it
 * likes. One that never ran belongs on a thread. So does one that took more than 2 ms inline twice within 32 runs, or 100 ms once:
 * on a busy machine any statement takes that long now and then.
 */
export class StatementPace {
  #isTried = false;
  #isFast = false;
  #isSlow = false;
  #calm = 0;
  #neededCalm = 1;

  /** It may run inline. */
  get isFast(): boolean {
    return this.#isFast;
  }

  /** It was slow the last time. */
  get isSlow(): boolean {
    return this.#isSlow;
  }

  /** @param isSurelyFast asked once, before the first run: then nobody needs to try it on a thread */
  tryFirst(isSurelyFast: () => boolean): void {
    if (!this.#isTried && isSurelyFast()) this.#runInline();
    this.#isTried = true;
  }

  tookInline(ms: number): void {
    this.#isSlow = ms > slowMs;
    if (!this.#isSlow) this.#calm++;
    else if (this.#calm < calmRuns || ms > surelySlowMs) this.#runOnThread(calmRuns);
    else this.#calm = 0;
  }

  tookOnThread(ms: number): void {
    this.#isSlow = ms > slowMs;
    if (this.#isSlow) this.#runOnThread(Math.max(this.#neededCalm, 2));
    else if (++this.#calm >= this.#neededCalm) this.#runInline();
  }

  #runInline(): void {
    this.#isFast = true;
    this.#calm = calmRuns;
  }

  #runOnThread(neededCalm: number): void {
    this.#isFast = false;
    this.#calm = 0;
    this.#neededCalm = neededCalm;
  }
}
