import type { Database, Statement } from 'better-sqlite3';

type TableOptions = Parameters<Database['table']>[1];

/** Names in the handle's own temp schema and module list, which never reach the database file. */
const watchModule = 'nestjs_turso_watch';
const watchTable = 'nestjs_turso_schema_watch';

/**
 * Tells cheaply whether a handle has loaded another schema since. SQLite notices a change made elsewhere by itself, in the middle of the
 * next statement: it drops the schemas that the handle knows, the temp schema included, and prepares the statement anew. It says so to
 * nobody, and asking for the version would lock the file once more for each statement, which takes longer than a short read.
 *
 * So a statement of ours names a virtual table in the temp schema, without ever reading it. It locks no file. When the temp schema was
 * dropped, SQLite prepares it anew too and connects the table again: that call is the news.
 */
export class SchemaWatch {
  readonly #probe: Statement<unknown[]>;
  #loads = 0;

  /** Before the handle's first statement. */
  constructor(db: Database) {
    const connect = (): TableOptions => {
      this.#loads++;
      return { columns: ['nothing'], *rows() {} };
    };
    // with a function it is called for each table that SQLite connects; the types know only tables without a name of their own
    db.table(watchModule, connect as unknown as TableOptions);
    db.exec(`CREATE VIRTUAL TABLE IF NOT EXISTS temp.${watchTable} USING ${watchModule}`);
    this.#probe = db.prepare(`SELECT 1 WHERE ? AND EXISTS (SELECT 1 FROM temp.${watchTable})`).bind(0);
  }

  /** How often the handle has loaded a schema, as far as somebody has looked. */
  get loads(): number {
    return this.#loads;
  }

  /** Looks. After a statement, `loads` counts what happened during that one. */
  look(): void {
    this.#probe.get();
  }
}
