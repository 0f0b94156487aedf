import type { Database, Statement } from 'better-sqlite3';
import { loadBetterSqlite3 } from '../../drivers/sqlite/load-better-sqlite3.js';
import { toSqliteError } from '../../drivers/sqlite/sqlite-errors.js';
import { RawText, type Cell } from '../source/cell.js';
import { quoteName } from '../source/quote-name.js';
import { readSchema } from '../source/read-schema.js';
import { listExpressions } from '../source/select-rows.js';
import { SnapshotDatabase } from '../source/snapshot-database.js';
import type { SourceSchema, SourceTable } from '../source/source-schema.js';
import { TransferRefusedError } from '../transfer-errors.js';
import type { RemoteObject, RemoteSchema } from './read-remote-schema.js';

/** A new SQLite file that is being filled. Until it is finished it is nobody's database, so it is written without a journal. */
export class DatabaseFile {
  readonly #db: Database;
  readonly #inserts = new Map<SourceTable, Statement>();

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
    for (const { name, isShadow } of schema.tables) if (isShadow) this.#run(`DELETE FROM ${quoteName(name)}`);
    return schema;
  }

  insert(table: SourceTable, row: readonly Cell[]): void {
    try {
      if (row.some((cell) => cell instanceof RawText)) this.#insertBytes(table, row);
      else this.#prepare(table).run(row);
    } catch (error) {
      throw toSqliteError(error);
    }
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

  /** Creates what stands on the rows, and ends the transaction. */
  finish({ indexes, views, triggers }: RemoteSchema): void {
    this.#create([...indexes, ...views, ...triggers]);
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
        const [known] =
          /no such (?:function|collation sequence|module): [^\s(]+/i.exec((error as Error).message) ?? [];
        const kind = known === undefined ? 'refused-by-target' : kindOf(known);
        const message = known === undefined ? 'SQLite refuses its definition' : `this SQLite has ${known}`;
        throw new TransferRefusedError([{ kind, object: name, message }]);
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

function kindOf(known: string): 'missing-function' | 'missing-collation' | 'missing-module' {
  if (/function/i.test(known)) return 'missing-function';
  return /collation/i.test(known) ? 'missing-collation' : 'missing-module';
}

/** What is stored on the server is taken as it is. */
const pragmas = [
  'journal_mode = OFF',
  'synchronous = OFF',
  'foreign_keys = OFF',
  'ignore_check_constraints = ON',
];

/** Opens a file that does not exist yet. */
export async function createDatabaseFile(path: string): Promise<DatabaseFile> {
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
