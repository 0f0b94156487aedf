import type { InValue } from '@libsql/core/api';

/**
 * A value as a driver binds it. The JavaScript type names the SQLite storage class: `bigint` is INTEGER, `number` is REAL,
 * `string` is TEXT, `Uint8Array` is BLOB.
 */
export type SqlValue = null | string | number | bigint | Uint8Array;

/** Arguments as a driver binds them: by position, or by name without the `:`, `@` or `$`. */
export type SqlArgs = readonly SqlValue[] | ReadonlyMap<string, SqlValue>;

/** What a caller may pass for one parameter. */
export type InputValue = InValue | ArrayBufferView;

/** What a caller may pass as arguments: by position or by name (with or without `:`, `@`, `$`). */
export type InputArgs = readonly InputValue[] | Readonly<Record<string, InputValue>>;
