import type { Consistency, TransactionMode } from '../contract/statement.js';

/**
 * How `withTransaction` relates to a transaction that is already open:
 * - `nested` (default): a savepoint inside it, or a new transaction
 * - `required`: joins it, or begins a new one
 * - `requires-new`: a separate one; refused inside a write transaction unless `mode` is `'read'`, because it would wait for itself
 * - `mandatory`: joins it; an error without one
 * - `not-supported`: runs outside of it
 * - `never`: an error inside of one; runs without a transaction
 */
export type Propagation = 'nested' | 'required' | 'requires-new' | 'mandatory' | 'not-supported' | 'never';

/** Options of `withTransaction`. */
export interface TransactionOptions {
  /**
   * `write` takes the write lock at once, `read` sees one snapshot and refuses writes, `deferred` becomes a writer when it writes.
   * @default 'write'
   */
  readonly mode?: TransactionMode;
  /** @default 'nested' */
  readonly propagation?: Propagation;
  /**
   * Longest time from the call to the commit, waiting and further attempts included, in milliseconds.
   * @default the connection's `transactionTimeoutMs`
   */
  readonly timeoutMs?: number;
  /**
   * How often the callback runs at most.
   * @default the connection's `maxAttempts`
   */
  readonly maxAttempts?: number;
  /**
   * The transaction may be repeated even when it may have been committed already: a lost reply to COMMIT runs it again.
   * @default false
   */
  readonly idempotent?: boolean;
  /**
   * What a transaction of mode `read` may see on a connection with a replica.
   * @default the connection's `consistency`
   */
  readonly consistency?: Consistency;
}
