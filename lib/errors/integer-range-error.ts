import type { Outcome } from './database-error.js';

/**
 * An integer that a JavaScript number cannot hold came back under `intMode: 'number'`. A `RangeError`, as every libSQL client
 * throws it; set `intMode` to `'bigint'` or `'string'` to read such values.
 */
export class IntegerRangeError extends RangeError {
  readonly code = 'INTEGER_OUT_OF_RANGE';
  /** `applied` when the statement also wrote, as `INSERT … RETURNING` does. */
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super(
      'Received integer which cannot be safely represented as a JavaScript number; use intMode "bigint" or "string" to read it',
    );
    this.name = 'IntegerRangeError';
    this.outcome = outcome;
  }
}
