import type { Database, Statement as PreparedStatement } from 'better-sqlite3';

/** A prepared statement as we use it: integers exact, rows as arrays. */
export type Prepared = PreparedStatement<unknown[], unknown>;

/** How many statements a handle keeps prepared. An app has a few hundred texts; one that builds texts without end must not leak. */
const maxPrepared = 500;

/** One open handle on a database, with its prepared statements. */
export class SqliteHandle {
  readonly db: Database;
  readonly #prepared = new Map<string, Prepared>();

  constructor(db: Database) {
    this.db = db;
  }

  get inTransaction(): boolean {
    return this.db.inTransaction;
  }

  /** Prepares a statement, or takes the one prepared before; the least recently used one is dropped. */
  prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) {
      this.#prepared.delete(sql);
      this.#prepared.set(sql, known);
      return known;
    }
    const prepared = this.db.prepare<unknown[], unknown>(sql);
    prepared.safeIntegers(true);
    if (prepared.reader) prepared.raw(true);
    if (this.#prepared.size >= maxPrepared)
      this.#prepared.delete(this.#prepared.keys().next().value as string);
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  /** Runs transaction control or a pragma of our own. */
  run(sql: string): void {
    this.db.exec(sql);
  }

  close(): void {
    this.#prepared.clear();
    this.db.close();
  }
}
