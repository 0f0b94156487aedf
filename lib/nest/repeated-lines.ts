/** How long equal lines are counted before one is written again, in milliseconds. */
const quietMs = 10_000;

/** Lets one of many equal lines into the log, so that an outage does not fill it. */
export class RepeatedLines {
  readonly #last = new Map<string | undefined, { readonly quietUntil: number; leftOut: number }>();

  /**
   * How many lines about `subject` were left out since the last one; `undefined` when this one is to be left out, too.
   * @param subject one of few, such as the databases of an app
   */
  next(subject: string | undefined): number | undefined {
    const now = performance.now();
    const last = this.#last.get(subject);
    if (last !== undefined && now < last.quietUntil) {
      last.leftOut++;
      return undefined;
    }
    this.#last.set(subject, { quietUntil: now + quietMs, leftOut: 0 });
    return last?.leftOut ?? 0;
  }
}
