import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Backend } from '../contract/driver.js';
import type { ConnectionStatus } from '../database/connection-status.js';
import type { DatabaseConnection } from '../database/database-connection.js';
import { findDatabaseError } from '../errors/find-database-error.js';
import { getConnectionToken } from './connection-token.js';
import { HealthProbe } from './health-probe.js';
import { findReplicaWeakness, toReplicaHealth, type ReplicaHealth } from './replica-health.js';

/** How to check a connection. */
export interface PingCheckOptions {
  /** A connection or the name of one; by default the default connection. */
  readonly connection?: string | DatabaseConnection;
  /**
   * Longest time until the check answers, in milliseconds.
   * @default 1_000
   */
  readonly timeoutMs?: number;
  /** The same under the name that the indicators of Terminus give it. */
  readonly timeout?: number;
  /**
   * How long the result of a statement serves further checks of the same connection, in milliseconds; 0 gives this check a statement
   * of its own.
   * @default 1_000
   */
  readonly cacheForMs?: number;
}

/** What a check says about a database. It never holds a credential or an error text of the database. */
export type DatabaseHealth =
  | {
      readonly status: 'up';
      readonly backend: Backend;
      readonly state: HealthState;
      readonly latencyMs: number;
      /** There beside an embedded replica. */
      readonly replica?: ReplicaHealth;
    }
  | {
      /** The app serves, with less than it should have: HTTP 200. */
      readonly status: 'up';
      readonly backend: Backend;
      readonly state: 'degraded';
      /** Why, such as `ECONNREFUSED`. */
      readonly code: string;
      readonly message: string;
      /** When it became so, or when a replica had its last sync; ISO 8601. */
      readonly since: string;
      /** Of the fallback; a database that is not there has none. */
      readonly latencyMs?: number;
      /** There beside an embedded replica. */
      readonly replica?: ReplicaHealth;
    }
  | {
      readonly status: 'down';
      readonly backend: Backend;
      /** `draining` from the beginning of a shutdown on. */
      readonly state: HealthState;
      /** Such as `TIMEOUT`, `ECONNREFUSED`, `SQLITE_CANTOPEN`, `DRAINING`. */
      readonly code: string;
      readonly message: string;
      /** There while the circuit breaker is not closed: calls fail at once until the database answers a probe. */
      readonly breaker?: 'open' | 'half-open';
      /** There beside an embedded replica. */
      readonly replica?: ReplicaHealth;
    };

type HealthState = ConnectionStatus['state'] | 'draining';

const defaultTimeoutMs = 1_000;
const defaultCacheForMs = 1_000;

/**
 * Asks a database whether it answers, in the form that Terminus 11 and 12 take:
 * `health.check([() => database.pingCheck('database')])`. It needs no Terminus.
 */
@Injectable()
export class DatabaseHealthIndicator {
  readonly #moduleRef: ModuleRef;
  readonly #probes = new WeakMap<DatabaseConnection, HealthProbe>();
  #draining = false;

  constructor(@Inject(ModuleRef) moduleRef: ModuleRef) {
    this.#moduleRef = moduleRef;
  }

  /**
   * Runs a real statement under a deadline, one for all checks that come together or within `cacheForMs`. It never throws for a
   * database that is down, and answers in time even if the database hangs. An app that booted without its database is `up` with the
   * state `degraded`. During a shutdown it answers `down` with the code `DRAINING`.
   * @param key of the answer
   */
  async pingCheck<Key extends string = string>(
    key: Key,
    options: PingCheckOptions = {},
  ): Promise<Record<Key, DatabaseHealth>> {
    const { timeoutMs = options.timeout ?? defaultTimeoutMs, cacheForMs = defaultCacheForMs } = options;
    const health = await this.#check(this.#find(options.connection), timeoutMs, cacheForMs);
    return { [key]: health } as Record<Key, DatabaseHealth>;
  }

  /** @internal from now on every check says that the app is about to stop */
  startDraining(): void {
    this.#draining = true;
  }

  #find(connection: string | DatabaseConnection | undefined): DatabaseConnection {
    if (typeof connection === 'object') return connection;
    return this.#moduleRef.get<DatabaseConnection>(getConnectionToken(connection), { strict: false });
  }

  async #check(
    connection: DatabaseConnection,
    timeoutMs: number,
    cacheForMs: number,
  ): Promise<DatabaseHealth> {
    if (this.#draining) return describeDown(connection, 'DRAINING', 'The app is shutting down', 'draining');
    if (isAbsent(connection)) return describeDegraded(connection);
    const result = await this.#probeOf(connection).check(timeoutMs, cacheForMs);
    if ('error' in result) {
      // the text of an error may name tables, hosts or worse: a health route is public
      const code = findDatabaseError(result.error)?.code ?? 'UNKNOWN';
      return describeDown(connection, code, 'The database does not answer');
    }
    const { backend, state, replica } = connection.status();
    if (state === 'degraded') return describeDegraded(connection, result.latencyMs);
    const { latencyMs } = result;
    if (replica === undefined) return { status: 'up', backend, state, latencyMs };
    const found = { status: 'up', state, ...findReplicaWeakness(replica) } as const;
    return { ...found, backend, latencyMs, replica: toReplicaHealth(replica) };
  }

  #probeOf(connection: DatabaseConnection): HealthProbe {
    const probe = this.#probes.get(connection) ?? new HealthProbe(connection);
    this.#probes.set(connection, probe);
    return probe;
  }
}

/** Booted without its database, and without a fallback: there is nothing to ask. */
function isAbsent(connection: DatabaseConnection): boolean {
  const { state, fallback } = connection.status();
  return state === 'degraded' && !fallback;
}

function describeDegraded(connection: DatabaseConnection, latencyMs?: number): DatabaseHealth {
  const { backend, since, fallback, degradedBy = 'UNKNOWN' } = connection.status();
  const message = fallback
    ? 'The fallback serves in place of the database'
    : 'The database was not there at boot and is tried again';
  return {
    status: 'up',
    backend,
    state: 'degraded',
    code: degradedBy,
    message,
    since: since.toISOString(),
    ...(latencyMs !== undefined && { latencyMs }),
  };
}

function describeDown(
  connection: DatabaseConnection,
  code: string,
  message: string,
  state: HealthState = connection.status().state,
): DatabaseHealth {
  const { backend, breaker, replica } = connection.status();
  const isCut = breaker !== undefined && breaker.state !== 'closed';
  return {
    status: 'down',
    backend,
    state,
    code,
    message,
    ...(isCut && { breaker: breaker.state }),
    ...(replica && { replica: toReplicaHealth(replica) }),
  };
}
