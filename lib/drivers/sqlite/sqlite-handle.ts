import type { Database, Statement as PreparedStatement } from 'better-sqlite3';
import { eventLoopShare } from '../../async/event-loop-share.js';
import type { RowFactory } from '../../contract/row.js';
import { classifySql, firstKeyword, type SqlClass } from '../../sql/classify-sql.js';
import { namesItsColumns } from '../../sql/names-its-columns.js';
import { readParameters, type ParameterList } from '../../sql/read-parameters.js';
import { TextCache } from '../../sql/text-cache.js';
import { findPlainInsert, LastRowid, type PlainInsert } from './last-rowid.js';
import { SchemaWatch } from './schema-watch.js';
import { StatementPace } from './statement-pace.js';

/** A statement of better-sqlite3 as we use it: integers exact, rows as arrays. */
export type BetterStatement = PreparedStatement<unknown[], unknown>;

/** A statement ready to run. */
export interface Prepared {
  readonly sql: string;
  /** The one that it was prepared on. */
  readonly handle: SqliteHandle;
  readonly prepared: BetterStatement;
  readonly found: SqlClass;
  /** A query, and SQLite says that it changes nothing. */
  readonly readsOnly: boolean;
  /** Its answer depends on the handle, or it may write although SQLite calls it a read; a view can hide that. */
  readonly asksHandle: boolean;
  /** The first one, in upper case. */
  readonly keyword: string;
  readonly parameters: ParameterList;
  /** Whether it may run in this thread. */
  readonly pace: StatementPace;
  /** See `namesItsColumns`. */
  readonly namesColumns: boolean;
  /** The same statement on a handle that has more of the file in memory. */
  nearer: Prepared | undefined;
  /** What its last result looked like: rows of one shape are cheap, and a shape is not. */
  shape: ResultShape | undefined;
  /** See `LastRowid`. */
  readonly plainInsert: PlainInsert | undefined;
  /** Its integers come as `bigint`. As numbers they cost half, and beyond 2^53 − 1 they are rounded. */
  exact: boolean;
}

/** How the rows of a result look. */
export interface ResultShape {
  readonly columns: readonly string[];
  readonly columnTypes: readonly string[];
  readonly createRow: RowFactory;
  /** The handle's schema that it was asked for. */
  readonly schema: number;
}

/** How many statements a handle keeps prepared. An app has a few hundred texts; one that builds texts without end must not leak. */
const maxPrepared = 500;

/** Of what the handle runs for itself, which surely leaves the schema as it was. */
const keepsSchema = /^(BEGIN( \w+)?|COMMIT)$/;

const tellsOfHandle = /\b(?:changes|total_changes|last_insert_rowid|optimize|pragma_\w+)\b/i;

const readingSchema = 'SELECT 1 FROM sqlite_schema LIMIT 1';

/** One open handle on a database, with its prepared statements. */
export class SqliteHandle {
  readonly db: Database;
  readonly lastRowid: LastRowid;
  readonly #prepared = new TextCache<Prepared>(maxPrepared);
  #watch: SchemaWatch | undefined;
  #ownChanges = 0;
  #turnOfLook: number | undefined;
  #mayHaveBegun = false;
  #dataVersion: PreparedStatement<unknown[]> | undefined;
  #schemaVersion: PreparedStatement<unknown[]> | undefined;

  constructor(db: Database) {
    this.db = db;
    this.lastRowid = new LastRowid(db, () => this.schema);
  }

  /** False once it is closed. */
  get open(): boolean {
    return this.db.open;
  }

  /** Prepares `lastRowid` and `schema`; before the first statement, and behind the pragmas that shape a new file. */
  createTempTables(): void {
    if (!this.db.readonly) this.lastRowid.createTable();
    this.#watch = new SchemaWatch(this.db);
  }

  /** SQLite is asked only behind what may have begun one: to ask takes a hundredth of a point read. */
  get inTransaction(): boolean {
    return this.#mayHaveBegun && (this.#mayHaveBegun = this.db.inTransaction);
  }

  /** A number that is another one when the schema may have changed: elsewhere up to the statement before, or by this handle. */
  get schema(): number {
    this.#watch?.look();
    return this.#knownSchema;
  }

  /** The same, asked once in a turn of the event loop: a look takes a tenth of a point read. */
  get schemaInTurn(): number {
    const { turn } = eventLoopShare;
    if (turn !== undefined && turn === this.#turnOfLook) return this.#knownSchema;
    this.#turnOfLook = turn;
    return this.schema;
  }

  /** This handle may have changed the schema, or undone such a change, by something that is no plain read or write. */
  forgetSchema(): void {
    this.#mayHaveBegun = true;
    this.#ownChanges++;
  }

  /** A statement failed, or ran past all bookkeeping: with a conflict it may have undone a change of the schema. */
  forgetAll(): void {
    this.forgetSchema();
    this.lastRowid.forget();
  }

  /** A number that changes whenever another handle or process writes. */
  get dataVersion(): unknown {
    return (this.#dataVersion ??= this.db.prepare('PRAGMA data_version').pluck()).get();
  }

  /** SQLite's own number of the schema, which every change of it increments. */
  get schemaVersion(): unknown {
    return (this.#schemaVersion ??= this.db.prepare('PRAGMA schema_version').pluck()).get();
  }

  /** True when foreign keys may be checked as late as at the commit. */
  get defersKeys(): boolean {
    const found = this.db.prepare("SELECT 1 FROM sqlite_schema WHERE sql LIKE '%deferred%' LIMIT 1").get();
    return found !== undefined;
  }

  /** True while the handle has the log of WAL mode open. */
  get usesLog(): boolean {
    return this.db.pragma('journal_mode', { simple: true }) === 'wal';
  }

  /** Moves everything from the log into the database file and empties the log, as far as other processes let it. */
  emptyLog(): void {
    if (!this.db.readonly) this.db.pragma('wal_checkpoint(TRUNCATE)');
  }

  /** Prepares a statement, or takes the one prepared before; what was used least lately is dropped. */
  prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const found = classifySql(sql);
    if (found === 'pragma') return this.#preparePragma(sql);
    const entry = this.#prepareNew(sql, found);
    this.#prepared.set(sql, entry);
    return entry;
  }

  /** The statement when it is prepared already. */
  find(sql: string): Prepared | undefined {
    return this.#prepared.get(sql);
  }

  /** From now on the integers of a statement come as `bigint`. */
  readExactly(entry: Prepared): void {
    if (entry.exact) return;
    entry.prepared.safeIntegers(true);
    entry.exact = true;
  }

  /** Changed rows and the last rowid: better-sqlite3 tells neither of a statement that also returns rows. */
  readCounts(): [changes: number, rowid: bigint] {
    const entry = this.prepare('SELECT changes(), last_insert_rowid()');
    this.readExactly(entry);
    const [changes, rowid] = entry.prepared.get() as [bigint, bigint];
    return [Number(changes), rowid];
  }

  /** Runs transaction control or a pragma of our own. */
  run(sql: string): void {
    this.#mayHaveBegun = true;
    if (!keepsSchema.test(sql)) this.forgetAll();
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
    this.prepare(readingSchema).prepared.get();
    const entry = this.#prepareNew(sql, 'pragma');
    // the others tell what the handle knows
    entry.pace.tryFirst(() => !/check/i.test(sql));
    return entry;
  }

  /**
   * While somebody has locked the whole file, SQLite judges a text by the schema that the handle knows. Reading the schema table tells of
   * the lock, or brings the handle up to date.
   */
  #compile(sql: string): BetterStatement {
    try {
      return this.db.prepare(sql);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'SQLITE_ERROR') throw error;
      this.db.prepare(readingSchema).get();
      return this.db.prepare(sql);
    }
  }

  get #knownSchema(): number {
    return this.#watch === undefined ? ++this.#ownChanges : this.#watch.loads + this.#ownChanges;
  }

  #prepareNew(sql: string, found: SqlClass): Prepared {
    const prepared = this.#compile(sql);
    const exact = !prepared.readonly;
    prepared.safeIntegers(exact);
    if (prepared.reader) prepared.raw(true);
    const keyword = firstKeyword(sql);
    const readsOnly = found === 'query' && prepared.readonly;
    const parameters = readParameters(sql);
    const pace = new StatementPace();
    return {
      sql,
      handle: this,
      prepared,
      found,
      readsOnly,
      asksHandle: found === 'pragma' || tellsOfHandle.test(sql),
      keyword,
      parameters,
      pace,
      namesColumns: readsOnly && namesItsColumns(sql),
      nearer: undefined,
      shape: undefined,
      plainInsert: findPlainInsert(sql, keyword),
      exact,
    };
  }
}
