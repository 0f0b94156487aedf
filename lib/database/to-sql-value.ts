import type { SqlValue } from '../contract/value.js';
import { createArgsError } from '../errors/usage-errors.js';

const smallest = -(2n ** 63n);
const largest = 2n ** 63n - 1n;

/**
 * Turns a JavaScript value into its SQLite storage class, by one rule on every backend: whole numbers are INTEGER, other numbers
 * REAL, booleans 1 and 0, a Date its milliseconds since 1970, bytes a BLOB.
 * @param where the position of the parameter from 0, or its name, for the error, which never holds a value
 * @throws DatabaseError `ARGS_INVALID`
 */
export function toSqlValue(value: unknown, where: number | string): SqlValue {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return toNumber(value, where);
    case 'bigint':
      if (value < smallest || value > largest)
        throw refuse(where, 'a bigint beyond 64 bits; SQLite integers have 64 bits');
      return value;
    case 'boolean':
      return value ? 1n : 0n;
    case 'object':
      return value === null ? null : toBytesOrDate(value, where);
    case 'undefined':
      throw refuse(where, 'undefined; pass null for an SQL NULL');
    default:
      throw refuse(where, `a ${typeof value}, which has no SQL form`);
  }
}

function toNumber(value: number, where: number | string): SqlValue {
  if (!Number.isFinite(value)) throw refuse(where, `${value}; only finite numbers can be passed`);
  return Number.isSafeInteger(value) ? BigInt(value) : value;
}

function toBytesOrDate(value: object, where: number | string): SqlValue {
  // copied: the call may wait, and the caller may use its buffer again
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  if (isArrayBuffer(value)) return new Uint8Array(value).slice();
  if (isDate(value)) return toNumber(value.getTime(), where);
  throw refuse(
    where,
    `an object (${value.constructor?.name ?? 'no class'}); pass JSON.stringify(value) to store it as text`,
  );
}

/** By tag: a value may come from another realm, as under a test runner. */
function isArrayBuffer(value: object): value is ArrayBuffer {
  const tag = Object.prototype.toString.call(value);
  return tag === '[object ArrayBuffer]' || tag === '[object SharedArrayBuffer]';
}

function isDate(value: object): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]';
}

function refuse(where: number | string, what: string): Error {
  const place = typeof where === 'number' ? `at position ${where + 1}` : `"${where}"`;
  return createArgsError(`the argument ${place} is ${what}`);
}
