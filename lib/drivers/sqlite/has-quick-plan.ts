import type { Database } from 'better-sqlite3';
import { firstKeyword } from '../../sql/classify-sql.js';

/** A database of this size is read as a whole in about a millisecond, in bytes. */
const smallBytes = 262_144;

/** Reads one row, or none, or those that stand in the statement. */
const singleRow =
  /^(SCAN CONSTANT ROW|SCAN \d+-ROW VALUES CLAUSE|SEARCH .* USING INTEGER PRIMARY KEY \(rowid=\?\))$/;

const sorting = /^USE TEMP B-TREE /;
const oneTable = /^(SCAN|SEARCH) (?!.*VIRTUAL TABLE)/;

/**
 * True for a statement that surely looks at little: single rows by rowid, and at most one table of a small database. It need not be tried
 * on a thread, so a process that only has such statements starts none (a thread takes 50 ms to start, measured).
 * https://sqlite.org/eqp.html
 */
export function hasQuickPlan(db: Database, sql: string, args: readonly unknown[]): boolean {
  const plan = explain(db, sql, args);
  if (plan === undefined) return false;
  if (plan.length === 0) return needsNoPlan(db, sql);
  const lines = plan.filter((detail) => !singleRow.test(detail) && !sorting.test(detail));
  return lines.length === 0 || (lines.length === 1 && oneTable.test(lines[0] as string) && isSmall(db));
}

/** A single row to insert needs no plan, and neither does a whole table to delete. */
function needsNoPlan(db: Database, sql: string): boolean {
  const keyword = firstKeyword(sql);
  return keyword === 'INSERT' || keyword === 'REPLACE' || (keyword === 'DELETE' && isSmall(db));
}

/** @returns undefined for what cannot be explained, such as a statement behind a `;` */
function explain(db: Database, sql: string, args: readonly unknown[]): string[] | undefined {
  try {
    const plan = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...args);
    return plan.map(({ detail }) => detail);
  } catch {
    return undefined;
  }
}

function isSmall(db: Database): boolean {
  const read = (pragma: string): number => db.pragma(pragma, { simple: true }) as number;
  return read('page_count') * read('page_size') <= smallBytes;
}
