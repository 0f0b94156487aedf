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
  type QueryCompiler,
} from 'kysely';
import { LibsqlConnectionDriver } from './libsql-connection-driver.js';

/** What the dialect runs on. */
export interface LibsqlConnectionDialectConfig {
  /** The injected `DatabaseConnection`, or any other libSQL client. */
  readonly connection: Client;
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

  createAdapter(): DialectAdapter {
    return new SqliteAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}
