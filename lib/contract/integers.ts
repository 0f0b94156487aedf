import type { IntMode } from '@libsql/core/api';
import { IntegerRangeError } from '../errors/integer-range-error.js';
import type { Outcome } from '../errors/database-error.js';

const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Turns an INTEGER into what `intMode` asks for.
 * @param outcome what became of the statement that the value comes from
 * @throws IntegerRangeError beyond 2^53 − 1 under `'number'`
 */
export function toIntMode(value: bigint, intMode: IntMode, outcome: Outcome): number | bigint | string {
  if (intMode === 'bigint') return value;
  if (intMode === 'string') return String(value);
  if (value > maxSafe || value < -maxSafe) throw new IntegerRangeError(outcome);
  return Number(value);
}
