/**
 * A float has 53 bits, so times the right power of two it is an integer of at most 62 bits: SQLite computes it without any rounding, and
 * decimal digits carry it. These powers, each for the floats from 2^(53 - power) on, reach from 2^-37 to 2^62.
 */
export const realScales: readonly number[] = [0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90];
