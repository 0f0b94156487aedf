import type { IntMode } from '@libsql/core/api';
import type { DatabaseConnectionHandle } from '../contract/connection-handle.js';
import type { Consistency } from '../contract/statement.js';

/** A bearer token, or a function that provides one when it is needed. */
export type AuthToken = string | (() => string | Promise<string>);

/** How many readers and streams a connection may use. */
export interface PoolOptions {
  /**
   * SQLite: how many read transactions may be open at once on a file, and as many deferred ones beside them; more of either wait. As
   * many slow reads run at once on threads, but not more than there are processors.
   * @default 4
   */
  readers?: number;
  /**
   * Turso: how many streams may be open at once; further calls wait. The server refuses everybody beyond 128.
   * @default 20
   */
  maxStreams?: number;
}

/** Settings of a SQLite file. */
export interface SqliteOptions {
  /**
   * `PRAGMA synchronous`: `full` keeps every acknowledged write through a power cut.
   * @default 'full'
   */
  synchronous?: 'off' | 'normal' | 'full' | 'extra';
  /**
   * `wal` switches the file to a write-ahead log, so that reads go on beside a writer; `keep` leaves it as it is.
   * @default 'wal'
   */
  journalMode?: 'wal' | 'keep';
  /**
   * Page cache of each handle, in kibibytes.
   * @default 16_384
   */
  cacheSizeKb?: number;
  /**
   * Memory-mapped reading, in mebibytes; 0 switches it off.
   * @default 256
   */
  mmapSizeMb?: number;
  /** Further pragmas, set on every handle after opening, in this order. */
  pragmas?: Record<string, string | number | boolean>;
}

/** TLS to a server with a private certificate authority. Files are paths or PEM text. */
export interface TlsOptions {
  /** Certificate authority to trust instead of the built-in ones. */
  ca?: string;
  /** Client certificate. */
  cert?: string;
  /** Key of the client certificate. */
  key?: string;
  /** Host name that the server's certificate must carry, when it is not the URL's. */
  servername?: string;
  /**
   * `false` accepts any certificate and logs a warning.
   * @default true
   */
  rejectUnauthorized?: boolean;
}

/** Where the schema comes from. */
export interface MigrationsOptions {
  /** Folder of `.sql` files, applied in the order of their names; relative to the working directory. */
  directory: string;
  /**
   * `on-boot` applies pending files before the app starts, `check` refuses to start while files are pending, `manual` does nothing.
   * @default 'on-boot'
   */
  run?: 'on-boot' | 'check' | 'manual';
}

/** A copy of a Turso database in a local file, kept up to date by a process of its own. */
export interface ReplicaOptions {
  /** The file, for this process alone; relative to the working directory. Beside it stand files of the same name with a suffix. */
  path: string;
  /**
   * How often the replica asks the primary for what others have written, in milliseconds. Own writes ask at once.
   * @default 5_000
   */
  syncIntervalMs?: number;
  /**
   * Age of the data in milliseconds beyond which health answers say `degraded`. Reads go on.
   * @default 60_000
   */
  maxStalenessMs?: number;
}

/** What serves in place of a Turso database that cannot be reached: a file from the boot on, or the replica during each outage. */
export interface FallbackOptions {
  /** A SQLite file of its own, for `onUnavailable: 'fallback'`. What is written there never reaches the Turso database. */
  url?: string;
  /**
   * Reads that want the primary are answered by the replica while the primary does not answer, and marked (`staleMs` of a result,
   * `DatabaseStaleInterceptor`). Writes are never switched. It needs `replica.path`, and excludes `fallback.url`.
   * @throws ConfigurationError without a replica, or beside `fallback.url`
   * @default false
   */
  replica?: boolean;
  /**
   * Allows the fallback under `NODE_ENV=production`.
   * @default false
   */
  allowInProduction?: boolean;
}

/** Options of a connection. Each one left out is read from the environment, then from the defaults. */
export interface DatabaseModuleOptions {
  /** `libsql:`, `https:`, `http:`, `wss:`, `ws:` for Turso; `sqlite:`, `file:`, `:memory:` for SQLite. */
  url?: string;
  /** Token of a Turso database. */
  authToken?: AuthToken;
  /**
   * What an SQLite INTEGER becomes. `number` throws a `RangeError` beyond 2^53 − 1.
   * @default 'number'
   */
  intMode?: IntMode;
  /**
   * Opens at the first call instead of at boot.
   * @default false
   */
  lazy?: boolean;
  /**
   * Longest time for a TCP and TLS connect, and for the answer of an `authToken` function, in milliseconds.
   * @default 3_000
   */
  connectTimeoutMs?: number;
  /**
   * Longest time for a whole call: waiting, attempts and the statement, in milliseconds.
   * @default 10_000
   */
  queryTimeoutMs?: number;
  /**
   * Longest life of a transaction from its request to its end, in milliseconds; then it is rolled back.
   * @default 10_000
   */
  transactionTimeoutMs?: number;
  /**
   * Longest time for one migration file and for `migrate()`, in milliseconds.
   * @default 600_000
   */
  migrationTimeoutMs?: number;
  /**
   * Longest time to open the database at boot, attempts and waits included, in milliseconds.
   * @default 30_000
   */
  bootTimeoutMs?: number;
  /**
   * Longest time that `close()` waits for calls in flight, in milliseconds.
   * @default 10_000
   */
  shutdownTimeoutMs?: number;
  /**
   * How often a call is tried at most, the first time included. Only what surely was not applied is tried again.
   * @default 3
   */
  maxAttempts?: number;
  /**
   * What happens when the database cannot be reached at boot: `fail` tries until `bootTimeoutMs` and ends the boot, `degraded` starts
   * the app without it and connects in the background, `fallback` opens the database of `fallback` until the next start.
   * @default 'fail'
   */
  onUnavailable?: 'fail' | 'degraded' | 'fallback';
  fallback?: FallbackOptions;
  pool?: PoolOptions;
  sqlite?: SqliteOptions;
  tls?: TlsOptions;
  /** Key of a database that Turso encrypts at rest, base64. */
  remoteEncryptionKey?: string;
  replica?: ReplicaOptions;
  /**
   * What a read of a connection with a replica may answer: `read-your-writes` everything that this connection has written, `replica`
   * whatever the replica has now, `primary` never reads the replica.
   * @default 'read-your-writes'
   */
  consistency?: Consistency;
  /**
   * Allows a token to travel over plain `http:` to a host that is not this machine.
   * @default false
   */
  allowInsecure?: boolean;
  /**
   * Refuses to start on a database to which a transfer is not complete (`nestjs-turso copy`, `sync`, `cutover`).
   * @default false
   */
  refuseUnfinishedTransfer?: boolean;
  migrations?: MigrationsOptions;
  /** Called once with the connection after it was opened, also when that happens late (`lazy`). */
  onConnectionCreate?: (connection: DatabaseConnectionHandle) => void | Promise<void>;
}
