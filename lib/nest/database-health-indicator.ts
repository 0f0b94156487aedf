import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { createDeadline } from '../async/deadline.js';
import { within } from '../async/within.js';
import type { Backend } from '../contract/driver.js';
import type { ConnectionStatus } from '../database/connection-status.js';
import type { DatabaseConnection } from '../database/database-connection.js';
import { findDatabaseError } from '../errors/find-database-error.js';
import { getConnectionToken } from './connection-token.js';

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
}

/** What a check says about a database. It never holds a credential or an error text of the database. */
export type DatabaseHealth =
  | {
      readonly status: 'up';
      readonly backend: Backend;
      /** `draining` from the beginning of a shutdown on. */
      readonly state: HealthState;
      readonly latencyMs: number;
    }
  | {
      readonly status: 'down';
      readonly backend: Backend;
      readonly state: HealthState;
      /** Such as `TIMEOUT`, `ECONNREFUSED`, `SQLITE_CANTOPEN`, `DRAINING`. */
      readonly code: string;
      readonly message: string;
    };

type HealthState = ConnectionStatus['state'] | 'draining';

const defaultTimeoutMs = 1_000;

/**
 * Asks a database whether it answers, in the form that Terminus 11 and 12 take:
 * `health.check([() => database.pingCheck('database')])`. It needs no Terminus.
 */
@Injectable()
export class DatabaseHealthIndicator {
  readonly #moduleRef: ModuleRef;
  #draining = false;

  constructor(@Inject(ModuleRef) moduleRef: ModuleRef) {
    this.#moduleRef = moduleRef;
  }

  /**
   * Runs a real statement under a deadline. It never throws for a database that is down, and answers in time even if the database
   * hangs. During a shutdown it answers `down` with the code `DRAINING`.
   * @param key of the answer
   */
  async pingCheck<Key extends string = string>(
    key: Key,
    options: PingCheckOptions = {},
  ): Promise<Record<Key, DatabaseHealth>> {
    const { connection, timeoutMs = options.timeout ?? defaultTimeoutMs } = options;
    const health = await this.#check(this.#find(connection), timeoutMs);
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

  async #check(connection: DatabaseConnection, timeoutMs: number): Promise<DatabaseHealth> {
    if (this.#draining) return describeDown(connection, 'DRAINING', 'The app is shutting down', 'draining');
    const start = performance.now();
    try {
      await within(connection.ping({ timeoutMs }), createDeadline(timeoutMs), 'checking the database');
    } catch (error) {
      // the text of an error may name tables, hosts or worse: a health route is public
      const code = findDatabaseError(error)?.code ?? 'UNKNOWN';
      return describeDown(connection, code, 'The database does not answer');
    }
    const latencyMs = Math.round((performance.now() - start) * 10) / 10;
    const { backend, state } = connection.status();
    return { status: 'up', backend, state, latencyMs };
  }
}

function describeDown(
  connection: DatabaseConnection,
  code: string,
  message: string,
  state: HealthState = connection.status().state,
): DatabaseHealth {
  return { status: 'down', backend: connection.status().backend, state, code, message };
}
