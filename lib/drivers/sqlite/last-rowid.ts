import type { Database, Statement } from 'better-sqlite3';

/** In the handle's own temp schema, which never reaches the database file. */
const rowidTable = 'nestjs_turso_rowid';
const forgettingRowid = `INSERT OR REPLACE INTO temp.${rowidTable} (id) VALUES (0)`;

/** What may make a statement insert less than it says, or nothing. */
const mayInsertLess = /\b(SELECT|WITH|IGNORE|CONFLICT|RETURNING)\b/i;

/** OPFLAG_LASTROWID of SQLite's opcode `Insert`: it sets the last rowid. https://sqlite.org/opcode.html#Insert */
const setsLastRowid = 0x20;

/** What a plain insert that counts a row does to the last rowid: a table without rowids keeps it, and a virtual one does as it likes. */
type InsertEffect = 'sets' | 'keeps' | 'unsure';

/** An INSERT of which each row counts that it inserts, and what is known of it. */
export interface PlainInsert {
  readonly sql: string;
  isRepeated: boolean;
  explained: { readonly effect: InsertEffect; readonly schema: number } | undefined;
}

/** A line of EXPLAIN. */
interface Instruction {
  readonly addr: number;
  readonly opcode: string;
  readonly p5: number;
}

/**
 * Whose rowid is the handle's last one. SQLite keeps it until the next insert into a table with rowids, so that a statement that inserts
 * nothing (an upsert that updates, a table without rowids) would answer the rowid of somebody else's. SQLite's function that sets it is
 * not within reach; an insert into a temporary table does the same, for as long as the insert itself takes half of. So that is done
 * only where the rowid alone does not tell: when it is another one than before, the statement has set it.
 */
export class LastRowid {
  readonly #db: Database;
  readonly #readSchema: () => number;
  #forgetting: Statement<unknown[]> | undefined;
  #known: bigint | undefined;

  /** @param readSchema tells a number that is another one when the schema may have changed */
  constructor(db: Database, readSchema: () => number) {
    this.#db = db;
    this.#readSchema = readSchema;
  }

  /** Before the handle's first statement. */
  createTable(): void {
    this.#db.exec(`CREATE TEMP TABLE IF NOT EXISTS ${rowidTable} (id INTEGER PRIMARY KEY)`);
  }

  /** Something ran whose rowid nobody read. */
  forget(): void {
    this.#known = undefined;
  }

  /**
   * Before a statement that may insert.
   * @param args what it runs with
   */
  prepareFor(insert: PlainInsert | undefined, args: readonly unknown[]): void {
    if (this.#db.readonly) return;
    if (this.#known !== undefined && insert !== undefined) {
      // a text that runs once is not worth explaining
      if (insert.isRepeated && this.#explain(insert, args) !== 'unsure') return;
      insert.isRepeated = true;
    }
    this.#forgetting ??= this.#db.prepare(forgettingRowid);
    this.#forgetting.run();
    this.#known = 0n;
  }

  /**
   * Behind a statement that writes.
   * @param insert undefined for what is no plain insert
   * @param args what it ran with
   * @param rowid the handle's last one
   * @returns the rowid of the row that this statement inserted last, or 0
   */
  read(insert: PlainInsert | undefined, args: readonly unknown[], changes: number, rowid: bigint): bigint {
    const before = this.#known;
    this.#known = rowid;
    if (rowid !== before || rowid === 0n) return rowid;
    if (changes === 0 || insert === undefined) return 0n;
    return this.#explain(insert, args, this.#readSchema()) === 'sets' ? rowid : 0n;
  }

  /** @param schema the one that it has to be true of; left out, a former one will do */
  #explain(insert: PlainInsert, args: readonly unknown[], schema?: number): InsertEffect {
    const { explained } = insert;
    if (explained !== undefined && (schema ?? explained.schema) === explained.schema) return explained.effect;
    const effect = explainInsert(this.#db, insert.sql, args);
    insert.explained = { effect, schema: schema ?? this.#readSchema() };
    return effect;
  }
}

/** @returns undefined for all but an INSERT that inserts each of its rows or none, unless the table ignores some: then it counts fewer */
export function findPlainInsert(sql: string, keyword: string): PlainInsert | undefined {
  const isPlain = (keyword === 'INSERT' || keyword === 'REPLACE') && !mayInsertLess.test(sql);
  return isPlain ? { sql, isRepeated: false, explained: undefined } : undefined;
}

function explainInsert(db: Database, sql: string, args: readonly unknown[]): InsertEffect {
  const program = readProgram(db, sql, args);
  // those of its triggers follow, each from 0 again
  const end = program.findIndex(({ addr }, index) => addr !== index);
  const own = end < 0 ? program : program.slice(0, end);
  if (own.length === 0 || own.some(({ opcode }) => opcode === 'VUpdate')) return 'unsure';
  return own.some(({ opcode, p5 }) => opcode === 'Insert' && (p5 & setsLastRowid) !== 0) ? 'sets' : 'keeps';
}

/** Empty for what cannot be explained, such as a statement behind a `;`. It may be asked behind a commit, so it never throws. */
function readProgram(db: Database, sql: string, args: readonly unknown[]): Instruction[] {
  try {
    return db.prepare<unknown[], Instruction>(`EXPLAIN ${sql}`).all(...args);
  } catch {
    return [];
  }
}
