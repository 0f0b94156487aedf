import type { IntMode } from '@libsql/core/api';
import type { DatabaseConnectionHandle } from '../contract/connection-handle.js';
import type { Consistency } from '../contract/statement.js';
import type { Secret } from './secret.js';

/** A SQLite database, resolved. */
export interface ResolvedSqliteTarget {
  readonly backend: 'sqlite';
  /** Absolute path, or `':memory:'`. */
  readonly path: string;
  /** The file is private to this process and removed at close (`NODE_ENV=test` without a URL). */
  readonly temporary: boolean;
  /** Where it is, for people. */
  readonly location: string;
  /** The variable or option that named it, as a message names it: `DATABASE_URL`, `the option "url"`. */
  readonly source: string;
}

/** A Turso database or another libSQL server, resolved. */
export interface ResolvedTursoTarget {
  readonly backend: 'turso';
  /** TLS on the way. */
  readonly secure: boolean;
  /** Without the brackets of IPv6. */
  readonly hostname: string;
  readonly port: number;
  /** Path in front of the protocol's own, percent-encoded, without a slash at its end; mostly empty. */
  readonly basePath: string;
  /** Host and port, for people: no credential. */
  readonly location: string;
  readonly authToken: Secret | (() => string | Promise<string>) | undefined;
  readonly remoteEncryptionKey: Secret | undefined;
  readonly tls: ResolvedTlsOptions;
}

export interface ResolvedTlsOptions {
  /** PEM text. */
  readonly ca: string | undefined;
  /** PEM text. */
  readonly cert: string | undefined;
  readonly key: Secret | undefined;
  readonly servername: string | undefined;
  readonly rejectUnauthorized: boolean;
}

export interface ResolvedPoolOptions {
  readonly readers: number;
  readonly maxStreams: number;
}

export interface ResolvedSqliteOptions {
  readonly synchronous: 'off' | 'normal' | 'full' | 'extra';
  readonly journalMode: 'wal' | 'keep';
  readonly cacheSizeKb: number;
  readonly mmapSizeMb: number;
  readonly pragmas: Readonly<Record<string, string | number | boolean>>;
}

export interface ResolvedReplicaOptions {
  /** Absolute path. */
  readonly path: string;
  /** The variable or option that named it, as a message names it. */
  readonly source: string;
  readonly syncIntervalMs: number;
  readonly maxStalenessMs: number;
  /** Reads that want the primary are answered by the replica while the primary does not answer. */
  readonly fallsBack: boolean;
}

export interface ResolvedMigrationsOptions {
  /** Absolute path. */
  readonly directory: string;
  readonly run: 'on-boot' | 'check' | 'manual';
}

/** Options as every room below receives them: complete, checked, frozen. */
export interface ResolvedOptions {
  readonly target: ResolvedSqliteTarget | ResolvedTursoTarget;
  readonly intMode: IntMode;
  readonly lazy: boolean;
  readonly connectTimeoutMs: number;
  readonly queryTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly migrationTimeoutMs: number;
  readonly bootTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  readonly maxAttempts: number;
  readonly onUnavailable: 'fail' | 'degraded' | 'fallback';
  /** Set exactly when `onUnavailable` is `fallback`. */
  readonly fallback: ResolvedSqliteTarget | undefined;
  readonly pool: ResolvedPoolOptions;
  readonly sqlite: ResolvedSqliteOptions;
  /** Undefined without a replica. */
  readonly replica: ResolvedReplicaOptions | undefined;
  readonly consistency: Consistency;
  readonly refuseUnfinishedTransfer: boolean;
  readonly migrations: ResolvedMigrationsOptions | undefined;
  readonly onConnectionCreate: ((connection: DatabaseConnectionHandle) => void | Promise<void>) | undefined;
  /** What the person who runs the app should know about these options; reported once at opening. */
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}
