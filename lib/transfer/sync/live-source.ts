import type { Database } from 'better-sqlite3';
import { loadBetterSqlite3 } from '../../drivers/sqlite/load-better-sqlite3.js';
import { toSqliteError } from '../../drivers/sqlite/sqlite-errors.js';
import type { ResolvedTransferOptions } from '../resolve-transfer-options.js';
import { readSchema, readSequence } from '../source/read-schema.js';
import { SnapshotDatabase } from '../source/snapshot-database.js';
import type { Source } from '../source/source.js';
import type { SourceSchema } from '../source/source-schema.js';
import { Patience } from '../target/patience.js';

/** How long SQLite itself waits for a lock, in milliseconds: shortly, because it blocks this thread. */
const busyTimeoutMs = 500;

/** What opening a source takes. */
type LiveOptions = Pick<ResolvedTransferOptions, 'source' | 'invalidUtf8' | 'patienceMs' | 'signal'>;

/** The source itself, which its application goes on writing to. */
export class LiveSource {
  readonly db: Database;
  readonly database: SnapshotDatabase;
  readonly #options: LiveOptions;

  constructor(db: Database, options: LiveOptions) {
    this.db = db;
    this.database = new SnapshotDatabase(db);
    this.#options = options;
  }

  /** What is in it now. It counts every row. */
  readSchema(): SourceSchema {
    return readSchema(this.database);
  }

  /** Changes with every definition. */
  schemaVersion(): number {
    return this.db.pragma('schema_version', { simple: true }) as number;
  }

  userVersion(): number {
    return this.db.pragma('user_version', { simple: true }) as number;
  }

  /** The counters of AUTOINCREMENT as they are now. */
  readSequence(): SourceSchema['sequence'] {
    return readSequence(this.database);
  }

  toSource(schema: SourceSchema): Source {
    const { invalidUtf8: policy } = this.#options;
    return { database: this.database, schema, encoding: schema.encoding, policy, close: () => undefined };
  }

  /** Begins to write; waits for the application up to `patienceMs`. Nobody else writes until the end of it. */
  async begin(): Promise<void> {
    const { patienceMs, signal } = this.#options;
    // eslint-disable-next-line @typescript-eslint/require-await -- what is tried again is asynchronous elsewhere
    await new Patience(patienceMs, signal).retry(async () => this.run('BEGIN IMMEDIATE'));
  }

  /** Writes in a short transaction of its own. */
  async write(statements: readonly string[]): Promise<void> {
    await this.begin();
    try {
      for (const sql of statements) this.run(sql);
      this.run('COMMIT');
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  run(sql: string): void {
    try {
      this.db.exec(sql);
    } catch (error) {
      throw toSqliteError(error);
    }
  }

  /** Does nothing where SQLite has rolled back already. */
  rollback(): void {
    if (this.db.inTransaction) this.run('ROLLBACK');
  }

  close(): void {
    this.db.close();
  }
}

/** @throws DatabaseError when it cannot be opened */
export async function openLiveSource(options: LiveOptions): Promise<LiveSource> {
  const BetterSqlite = await loadBetterSqlite3();
  try {
    const db = new BetterSqlite(options.source, { fileMustExist: true, timeout: busyTimeoutMs });
    db.pragma('trusted_schema = OFF');
    // a COMMIT that closes the source must outlive a loss of power, also in WAL mode
    db.pragma('synchronous = FULL');
    return new LiveSource(db, options);
  } catch (error) {
    throw toSqliteError(error);
  }
}
