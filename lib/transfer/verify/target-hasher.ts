import type { SourceTable } from '../source/source-schema.js';

/** A query whose result is hashed where the data is. */
export interface HashQuery {
  readonly sql: string;
  readonly table: SourceTable;
}

/** Computes digests of the target's rows, equal to `RowDigest` over the same rows and query. */
export interface TargetHasher {
  hash(queries: readonly HashQuery[]): Promise<string[]>;
}
