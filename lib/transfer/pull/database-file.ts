import type { Database, Statement } from 'better-sqlite3';
import { loadBetterSqlite3 } from '../../drivers/sqlite/load-better-sqlite3.js';
import { toSqliteError } from '../../drivers/sqlite/sqlite-errors.js';
import { RawText, type Cell } from '../source/cell.js';
import { quoteName } from '../source/quote-name.js';
import { readSchema } from '../source/read-schema.js';
import { listExpressions } from '../source/select-rows.js';
import { SnapshotDatabase } from '../source/snapshot-database.js';
import type { SourceSchema, SourceTable } from '../source/source-schema.js';
import { createDefinitionError } from './definition-error.js';
import type { RemoteObject, RemoteSchema } from './read-remote-schema.js';

/** How often what has arrived is committed, in milliseconds: a pull that goes on later begins behind it. */
const commitEveryMs = 1_000;

/** A new SQLite file that is being filled. */
export class DatabaseFile {
  readonly #db: Database;
  readonly #inserts = new Map<SourceTable, Statement>();
  #committedAt = performance.now();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Creates the tables. @throws TransferRefusedError when this SQLite lacks what one of them needs */
  createTables({ tables, shadows }: RemoteSchema): SourceSchema {
    this.#create(tables);
    const created = new Set(readSchema(new SnapshotDatabase(this.#db)).tables.map(({ name }) => name));
    this.#create(shadows.filter(({ name }) => !created.has(name)));
    const schema = readSchema(new SnapshotDatabase(this.#db));
    // a virtual table was created with first rows in its shadow tables
    for (const { name, isShadow } of schema.tables) if (isShadow) this.empty(name);
    return schema;
  }

  /** What was created before, by a pull that may have been killed behind its triggers: they must not fire for rows that come now. */
  readSchema(): SourceSchema {
    const triggers = this.#db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`).pluck(true);
    for (const name of triggers.all()) this.#run(`DROP TRIGGER ${quoteName(name as string)}`);
    return readSchema(new SnapshotDatabase(this.#db));
  }

  empty(table: string): void {
    this.#run(`DELETE FROM ${quoteName(table)}`);
  }

  /** The last rowid of a table, where rows have one; rows came in its order. */
  readLastRowid({ name, rowid }: SourceTable): bigint | undefined {
    if (rowid === undefined) return undefined;
    const [row] = new SnapshotDatabase(this.#db).all<[bigint | null]>(
      `SELECT max(${rowid}) FROM ${quoteName(name)}`,
    );
    return row?.[0] ?? undefined;
  }

  /** Keeps what has arrived. */
  commit(): void {
    this.#run('COMMIT');
    this.#run('BEGIN');
    this.#committedAt = performance.now();
  }

  insert(table: SourceTable, row: readonly Cell[]): void {
    try {
      if (row.some((cell) => cell instanceof RawText)) this.#insertBytes(table, row);
      else this.#prepare(table).run(row);
    } catch (error) {
      throw toSqliteError(error);
    }
    if (performance.now() - this.#committedAt > commitEveryMs) this.commit();
  }

  #prepare(table: SourceTable): Statement {
    const known = this.#inserts.get(table);
    if (known !== undefined) return known;
    const insert = this.#db.prepare(toInsert(table, () => '?'));
    this.#inserts.set(table, insert);
    return insert;
  }

  #insertBytes(table: SourceTable, row: readonly Cell[]): void {
    const sql = toInsert(table, (index) => (row[index] instanceof RawText ? 'CAST(? AS TEXT)' : '?'));
    this.#db.prepare(sql).run(row.map((cell) => (cell instanceof RawText ? cell.bytes : cell)));
  }

  /** Writes the counters of AUTOINCREMENT. */
  setSequence(rows: readonly (readonly Cell[])[]): void {
    if (rows.length === 0) return;
    // SQLite makes the table of counters with the first table that counts; on the server that one may be gone
    this.#run('CREATE TABLE nestjs_turso_transfer_sequence (id INTEGER PRIMARY KEY AUTOINCREMENT)');
    this.#run('DROP TABLE nestjs_turso_transfer_sequence');
    this.#run('DELETE FROM sqlite_sequence');
    for (const row of rows)
      this.#db.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)').run(...row);
  }

  setPragma(name: 'user_version' | 'application_id', value: bigint): void {
    this.#db.pragma(`${name} = ${value}`);
  }

  /** Commits what has arrived, where that is possible, behind an error that ends the pull. */
  keep(): void {
    try {
      if (this.#db.inTransaction) this.#run('COMMIT');
    } catch {
      // the disk may be full: what was committed before is there
    }
  }

  /** Ends the transaction. */
  finish(): void {
    this.#run('COMMIT');
  }

  close(): void {
    this.#db.close();
  }

  #create(objects: readonly RemoteObject[]): void {
    for (const { name, sql } of objects) {
      try {
        this.#db.exec(sql);
      } catch (error) {
        throw createDefinitionError(name, (error as Error).message);
      }
    }
  }

  #run(sql: string): void {
    try {
      this.#db.exec(sql);
    } catch (error) {
      throw toSqliteError(error);
    }
  }
}

function toInsert(table: SourceTable, toValue: (index: number) => string): string {
  const columns = listExpressions(table, false);
  const values = columns.map((_, index) => toValue(index));
  return `INSERT OR ABORT INTO ${quoteName(table.name)} (${columns.join(', ')}) VALUES (${values.join(', ')})`;
}

/** What is stored on the server is taken as it is. The journal holds through a kill; a loss of power shows in the digests. */
const pragmas = [
  'journal_mode = TRUNCATE',
  'synchronous = OFF',
  'foreign_keys = OFF',
  'ignore_check_constraints = ON',
];

/** Opens a file that does not exist yet, or one that is half filled. */
export async function openDatabaseFile(path: string): Promise<DatabaseFile> {
  const BetterSqlite = await loadBetterSqlite3();
  try {
    const db = new BetterSqlite(path);
    // rows of shadow tables are written as they are
    db.unsafeMode();
    for (const pragma of pragmas) db.pragma(pragma);
    db.exec('BEGIN');
    return new DatabaseFile(db);
  } catch (error) {
    throw toSqliteError(error);
  }
}
