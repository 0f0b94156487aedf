import type { Deadline } from '../async/deadline.js';
import type { DriverConnection } from './connection.js';

/** The kind of database behind a connection. */
export type Backend = 'sqlite' | 'turso';

/**
 * Where the backends differ and no code of ours can hide it. Tests and callers ask here, never for the backend's name.
 * Every line is explained in `docs/semantics.md`.
 */
export interface DriverCapabilities {
  /** Reads go on while a write transaction is open. False for `:memory:`, which has a single handle. */
  readonly readsBesideWriter: boolean;
  /** A waiting writer takes the lock from a transaction that holds it too long (sqld: after 5 s). */
  readonly stealsWriteLock: boolean;
  /** The database is behind a network: a call may fail without having been sent. */
  readonly overNetwork: boolean;
  /** The database outlives its close. False for `:memory:` and for the temporary file of a test. */
  readonly durable: boolean;
  /** Longest value in bytes that the backend accepts as an argument. */
  readonly maxValueBytes: number;
}

/** What surrounds the part of a driver that is behind a network. */
export interface Network {
  /** Called whenever the database answered a request, whatever it said. */
  readonly onAnswer: () => void;
  /** Why a call that has waited for its turn is not sent any more; undefined as long as the database answers. */
  readonly refusal: () => Error | undefined;
  /** Puts around a connection what its calls need: attempts, and failing fast. */
  readonly protect: (remote: DriverConnection) => DriverConnection;
}

/** Opens one database. Created without I/O. */
export interface Driver {
  readonly backend: Backend;
  /** libSQL's name of the protocol: `'file'` or `'http'`. */
  readonly protocol: 'file' | 'http';
  readonly capabilities: DriverCapabilities;
  /** Where the database is, for people: a path or a host, never a credential. */
  readonly location: string;
  /** @param network what surrounds a driver whose database is behind one; others leave it alone */
  open(deadline: Deadline, network: Network): Promise<DriverConnection>;
}

/** Something that happened in the background. The message never holds a secret or a bound value. */
export interface Report {
  readonly level: 'info' | 'warning';
  readonly code: string;
  readonly message: string;
}

/** Receives what no caller is there to be told. */
export type Reporter = (report: Report) => void;
