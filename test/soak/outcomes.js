// @ts-check

/** What a caller was told of a write. */
export const told = /** @type {const} */ ({ nothing: 0, acknowledged: 1, failed: 2, unknown: 3 });

/** What was told of each write, by its id: one byte each, so that the record is no part of the heap that is watched. */
export class Outcomes {
  #told = new Uint8Array(8_000_000);
  #parts = new Uint8Array(8_000_000);
  #last = 0;

  /**
   * A new write.
   * @param {number} parts rows that it leaves
   * @returns {number} its id
   */
  begin(parts) {
    const id = ++this.#last;
    this.#parts[id] = parts;
    return id;
  }

  /**
   * @param {number} id
   * @param {number} outcome one of `told`
   */
  settle(id, outcome) {
    this.#told[id] = outcome;
  }

  /** @param {number} outcome */
  count(outcome) {
    return this.#told
      .subarray(1, this.#last + 1)
      .reduce((sum, value) => sum + (value === outcome ? 1 : 0), 0);
  }

  /**
   * Compares with the rows that are on the server.
   * @param {Map<number, number>} rows how many there are of each id
   * @returns {string[]} what is not as it was told
   */
  compare(rows) {
    /** @type {string[]} */
    const problems = [];
    for (let id = 1; id <= this.#last; id++) {
      const found = rows.get(id) ?? 0;
      const parts = Number(this.#parts[id]);
      const outcome = this.#told[id];
      const whole = found === parts;
      if (outcome === told.acknowledged && !whole)
        problems.push(`${id} acknowledged: ${found} rows of ${parts}`);
      if (outcome === told.failed && found > 0) problems.push(`${id} not applied: ${found} rows`);
      if (outcome === told.unknown && found > 0 && !whole)
        problems.push(`${id} unknown: ${found} rows of ${parts}`);
      if (outcome === told.nothing) problems.push(`${id} was never settled`);
    }
    for (const id of rows.keys()) if (id > this.#last) problems.push(`${id} is nobody's`);
    return problems;
  }
}
