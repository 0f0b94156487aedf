import type { Database } from 'better-sqlite3';
import type { CopyOptions, ProblemKind } from '../../../lib/transfer/index.js';

/** A small database that goes wrong with a naive copier. */
export interface Trap {
  /** The fact that a copy must keep, or why it is refused. */
  readonly name: string;
  /** `equal`: every stored value, rowid and definition arrives; otherwise the plan refuses it with this kind of problem. */
  readonly outcome: 'equal' | ProblemKind;
  readonly build: (db: Database) => void;
  readonly options?: Partial<CopyOptions>;
  /** The way back is refused with this kind of problem. */
  readonly back?: ProblemKind;
  /** The policy changes values on purpose: the target is compared with these instead. */
  readonly changed?: Readonly<Record<string, readonly (readonly unknown[])[]>>;
}

/** A trap whose copy is equal. */
export function equal(name: string, build: Trap['build'], options: Trap['options'] = {}): Trap {
  return { name, outcome: 'equal', build, options };
}

/** A trap that the plan refuses. */
export function refused(
  outcome: ProblemKind,
  name: string,
  build: Trap['build'],
  options: Trap['options'] = {},
): Trap {
  return { name, outcome, build, options };
}

/** Inserts rows of values as they are: integers as bigint, floats as number. */
export function insert(db: Database, table: string, rows: readonly (readonly unknown[])[]): void {
  for (const row of rows)
    db.prepare(`INSERT INTO ${table} VALUES (${row.map(() => '?').join(', ')})`).run(...row);
}

/** Changes a stored definition, as an application with functions and collations of its own would have written it. */
export function rewriteSchema(db: Database, name: string, from: string, to: string): void {
  db.unsafeMode();
  db.pragma('writable_schema = ON');
  db.prepare('UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE name = ?').run(from, to, name);
  db.pragma('writable_schema = RESET');
}
