/** Further attempts that may be made at once, without any call before them. */
const capacity = 10;

/** What each call adds: one further attempt for ten calls. */
const perCall = 0.1;

/**
 * Bounds what retrying adds to the load of a database in trouble: in the long run one further attempt for every ten calls, whoever
 * makes them. A token bucket, as in https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export class RetryBudget {
  #tokens = capacity;
  #attempts = 0;
  #retries = 0;
  readonly #paid = new WeakSet<Error>();

  /** How many attempts were made, first and further ones. */
  get attempts(): number {
    return this.#attempts;
  }

  /** How many further attempts were made. */
  get retries(): number {
    return this.#retries;
  }

  /** Counts a call. */
  deposit(): void {
    this.#attempts++;
    this.#tokens = Math.min(capacity, this.#tokens + perCall);
  }

  /**
   * Takes the place of one further attempt, if there is one.
   * @param reason the failure behind it: those whose calls were lost with one request pay once, or a few lost requests would leave
   *   nothing to anybody
   */
  withdraw(reason: Error): boolean {
    if (!this.#pay(reason)) return false;
    this.#attempts++;
    return true;
  }

  /**
   * The same for a transaction that is to run again. Its begin is a call and counts itself as one; it only must not add what the calls
   * of a caller add.
   * @param reason what it was lost by
   */
  withdrawRun(reason: Error): boolean {
    if (!this.#pay(reason)) return false;
    this.#tokens -= perCall;
    return true;
  }

  #pay(reason: Error): boolean {
    if (!this.#paid.has(reason)) {
      if (this.#tokens < 1) return false;
      this.#tokens--;
      this.#paid.add(reason);
    }
    this.#retries++;
    return true;
  }
}
