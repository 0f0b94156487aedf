import type { Database } from 'better-sqlite3';
import { loadBetterSqlite3 } from '../../drivers/sqlite/load-better-sqlite3.js';
import { toSqliteError } from '../../drivers/sqlite/sqlite-errors.js';

/** How long SQLite itself waits for a lock, in milliseconds. It blocks this thread, as reading the snapshot does anyway. */
const busyTimeoutMs = 10_000;

/** A SQLite file opened for reading alone. */
export class SnapshotDatabase {
  readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  /** All rows as arrays, integers exact. */
  all<Row extends readonly unknown[]>(sql: string, ...args: unknown[]): Row[] {
    return this.prepare<Row>(sql)(...args);
  }

  /** The same again and again, compiled once. */
  prepare<Row extends readonly unknown[]>(sql: string): (...args: unknown[]) => Row[] {
    const statement = this.#attempt(() => this.db.prepare(sql).safeIntegers(true).raw(true));
    return (...args) => this.#attempt(() => statement.all(...args)) as Row[];
  }

  /** Rows one by one, as arrays, integers exact. */
  iterate<Row extends readonly unknown[]>(sql: string): IterableIterator<Row> {
    return this.#attempt(() =>
      this.db.prepare(sql).safeIntegers(true).raw(true).iterate(),
    ) as IterableIterator<Row>;
  }

  /** Compiles a statement without running it. @returns what SQLite says against it */
  findProblem(sql: string): string | undefined {
    try {
      this.db.prepare(sql);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  close(): void {
    this.db.close();
  }

  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw toSqliteError(error);
    }
  }
}

/** @throws DatabaseError when it cannot be opened or is no database */
export async function openSnapshotDatabase(path: string): Promise<SnapshotDatabase> {
  const BetterSqlite = await loadBetterSqlite3();
  try {
    const db = new BetterSqlite(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
    // a view or an expression of the file must not do more than compute
    db.pragma('trusted_schema = OFF');
    return new SnapshotDatabase(db);
  } catch (error) {
    throw toSqliteError(error);
  }
}
