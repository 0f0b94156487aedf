import type { Database, Statement as PreparedStatement } from 'better-sqlite3';
import type { RowFactory } from '../../contract/row.js';
import { classifySql } from '../../sql/classify-sql.js';
import { readParameters, type ParameterList } from '../../sql/read-parameters.js';
import { StatementPace } from './statement-pace.js';

/** A statement of better-sqlite3 as we use it: integers exact, rows as arrays. */
export type BetterStatement = PreparedStatement<unknown[], unknown>;

/** A statement ready to run. */
export interface Prepared {
  readonly prepared: BetterStatement;
  readonly parameters: ParameterList;
  /** Whether it may run in this thread. */
  readonly pace: StatementPace;
  /** What its last result looked like: rows of one shape are cheap, and a shape is not. */
  shape: ResultShape | undefined;
}

/** How the rows of a result look. */
export interface ResultShape {
  readonly columns: readonly string[];
  readonly createRow: RowFactory;
}

/** How many statements a handle keeps prepared. An app has a few hundred texts; one that builds texts without end must not leak. */
const maxPrepared = 500;

/** In the handle's own temp schema, which never reaches the database file. */
const rowidTable = 'nestjs_turso_rowid';

/** One open handle on a database, with its prepared statements. */
export class SqliteHandle {
  readonly db: Database;
  readonly #prepared = new Map<string, Prepared>();

  constructor(db: Database) {
    this.db = db;
  }

  /** False once it is closed. */
  get open(): boolean {
    return this.db.open;
  }

  /** Prepares `forgetRowid`; once, before the first statement. */
  createRowidTable(): void {
    if (!this.db.readonly) this.db.exec(`CREATE TEMP TABLE ${rowidTable} (id INTEGER PRIMARY KEY)`);
  }

  get inTransaction(): boolean {
    return this.db.inTransaction;
  }

  /** A number that changes whenever another handle or process writes. */
  get dataVersion(): unknown {
    return this.db.pragma('data_version', { simple: true });
  }

  /** True while the handle has the log of WAL mode open. */
  get usesLog(): boolean {
    return this.db.pragma('journal_mode', { simple: true }) === 'wal';
  }

  /** Moves everything from the log into the database file and empties the log, as far as other processes let it. */
  emptyLog(): void {
    if (!this.db.readonly) this.db.pragma('wal_checkpoint(TRUNCATE)');
  }

  /** Prepares a statement, or takes the one prepared before; the least recently used one is dropped. */
  prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) {
      this.#prepared.delete(sql);
      this.#prepared.set(sql, known);
      return known;
    }
    if (classifySql(sql) === 'pragma') return this.#preparePragma(sql);
    const entry = this.#prepareNew(sql);
    if (this.#prepared.size >= maxPrepared)
      this.#prepared.delete(this.#prepared.keys().next().value as string);
    this.#prepared.set(sql, entry);
    return entry;
  }

  /**
   * Sets the handle's last rowid to 0, so that a statement that inserts nothing (an upsert that updates, a table without rowids)
   * does not answer the rowid of somebody else's. SQLite's function for it is not within reach; an insert into a temporary table
   * does the same for about a microsecond.
   */
  forgetRowid(): void {
    if (this.db.readonly) return;
    this.prepare(`INSERT OR REPLACE INTO temp.${rowidTable} (id) VALUES (0)`).prepared.run();
  }

  /** Runs transaction control or a pragma of our own. */
  run(sql: string): void {
    this.db.exec(sql);
  }

  close(): void {
    this.#prepared.clear();
    this.db.close();
  }

  /**
   * SQLite runs a pragma while it prepares it, by the schema that the handle knows: kept, or prepared after somebody else changed the
   * schema, it would answer of the past. Reading the schema table first brings the handle up to date.
   */
  #preparePragma(sql: string): Prepared {
    this.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').prepared.get();
    const entry = this.#prepareNew(sql);
    // the others tell what the handle knows
    entry.pace.tryFirst(() => !/check/i.test(sql));
    return entry;
  }

  #prepareNew(sql: string): Prepared {
    const prepared = this.db.prepare<unknown[], unknown>(sql);
    prepared.safeIntegers(true);
    if (prepared.reader) prepared.raw(true);
    return { prepared, parameters: readParameters(sql), pace: new StatementPace(), shape: undefined };
  }
}
