import type { Client } from '@libsql/core/api';
import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type MigrationLockOptions,
  type QueryCompiler,
} from 'kysely';
import { LibsqlConnectionDriver } from './libsql-connection-driver.js';

/** What the dialect runs on. */
export interface LibsqlConnectionDialectConfig {
  /** The injected `DatabaseConnection`, or any other libSQL client. */
  readonly connection: Client;
}

/** An adapter for the ES module of Kysely and its CommonJS build alike: their `Kysely` classes are two types. */
interface EitherDialectAdapter extends Omit<DialectAdapter, 'acquireMigrationLock' | 'releaseMigrationLock'> {
  acquireMigrationLock(db: unknown, options: MigrationLockOptions): Promise<void>;
  releaseMigrationLock(db: unknown, options: MigrationLockOptions): Promise<void>;
}

/**
 * Kysely on a connection that already exists: the same queries on a file, on Turso and inside `withTransaction`.
 *
 * ```ts
 * const db = new Kysely<Tables>({ dialect: new LibsqlConnectionDialect({ connection }) });
 * ```
 * `db.destroy()` leaves the connection open: whoever created it closes it.
 */
export class LibsqlConnectionDialect implements Dialect {
  readonly #connection: Client;

  constructor({ connection }: LibsqlConnectionDialectConfig) {
    this.#connection = connection;
  }

  createDriver(): Driver {
    return new LibsqlConnectionDriver(this.#connection);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): EitherDialectAdapter {
    return new SqliteAdapter();
  }

  createIntrospector(db: unknown): DatabaseIntrospector {
    return new SqliteIntrospector(db as Kysely<unknown>);
  }
}
