import type { BreakerStatus } from '../connection/circuit-breaker.js';
import type { ReplicaStatus } from '../contract/connection.js';
import type { Backend, DriverCapabilities } from '../contract/driver.js';
import type { DatabaseErrorKind } from '../errors/database-error.js';

/** Where in its life a connection is. */
export type SessionState = 'idle' | 'opening' | 'open' | 'degraded' | 'closing' | 'closed';

/** What a connection knows about itself, for logs, metrics and health answers. It holds no credential. */
export interface ConnectionStatus {
  readonly backend: Backend;
  /** Path or host. */
  readonly location: string;
  /**
   * `idle` before the first use, `closing` while `close()` waits for calls in flight, `degraded` while a database that was down at boot
   * is tried again in the background, and as long as the fallback serves.
   */
  readonly state: SessionState;
  /** When the state began. */
  readonly since: Date;
  /** The fallback serves in place of the database of the options, until the next start. */
  readonly fallback: boolean;
  /** Code of the error that keeps it `degraded`, such as `ECONNREFUSED`. */
  readonly degradedBy: string | undefined;
  /** Calls that are not settled yet. */
  readonly inFlight: number;
  /** Of those, how many wait for the write gate or to share a commit, for a reader or a stream. */
  readonly waiting: number;
  /**
   * Attempts to have a call answered by the server, first and further ones, since the database was opened; a transaction counts by its
   * beginning. 0 for a local database, where nothing can fail on the way.
   */
  readonly attempts: number;
  /** Of those, the further ones, and further runs of a transaction whose server could not be reached. */
  readonly retries: number;
  /** Calls that ended at their deadline, since the connection was created. */
  readonly timeouts: number;
  /** Whether calls to a database that does not answer are still sent; undefined for a local one. */
  readonly breaker: BreakerStatus | undefined;
  /** The embedded replica; undefined without one, and until the connection was opened. */
  readonly replica: ReplicaStatus | undefined;
  /** Kind of the last failed call, and when; undefined while none has failed. */
  readonly lastError: { readonly kind: DatabaseErrorKind; readonly at: Date } | undefined;
  /** Undefined until the connection was opened once. */
  readonly capabilities: DriverCapabilities | undefined;
}
