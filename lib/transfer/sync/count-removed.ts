import type { HranaStatement } from '../../drivers/turso/hrana-protocol.js';
import { sizeOfRow } from '../copy/row-chunk.js';
import type { Cell } from '../source/cell.js';
import { quoteName } from '../source/quote-name.js';
import { readRows } from '../source/read-rows.js';
import type { Source } from '../source/source.js';
import type { SourceTable } from '../source/source-schema.js';
import { encodeCell } from '../target/encode-cell.js';
import type { TargetDatabase } from '../target/target-database.js';
import { throwIfStopped } from '../throw-if-stopped.js';
import type { Comparison } from '../verify/table-window.js';
import type { StaleRange } from './find-stale.js';
import { fromRange } from './stale-rows.js';

const keysPerQuestion = 500;

/** Bounds of one request. */
const mostQuestions = 32;
const mostBytes = 1_000_000;

interface Question {
  readonly statement: HranaStatement;
  readonly bytes: number;
}

/**
 * How many rows in these ranges, all of one table, the target has under a key that the source has no more. Where rows have neither
 * rowid nor key, how many it has too many.
 */
export async function countRemoved(
  { source, target }: Comparison,
  table: SourceTable,
  ranges: readonly StaleRange[],
): Promise<number> {
  const count = (range: StaleRange): Question => ({
    statement: { sql: `SELECT count(*) ${fromRange(range)}`, want_rows: true },
    bytes: 100,
  });
  const there = await sumUp(target, ranges.map(count));
  const key = table.rowid === undefined ? table.keyColumns.map(quoteName) : [table.rowid];
  if (key.length === 0) return Math.max(0, there - table.rowCount);
  return there === 0 ? 0 : there - (await sumUp(target, askForKeys(source, table, key, ranges)));
}

function* askForKeys(
  source: Source,
  table: SourceTable,
  key: readonly string[],
  ranges: readonly StaleRange[],
): Generator<Question, void, undefined> {
  let some: Cell[][] = [];
  for (const { afterRowid, offset, rows: limit } of ranges) {
    for (const cells of readRows(source, table, key, { afterRowid, offset, limit })) {
      if (some.push(cells) < keysPerQuestion) continue;
      yield askForSome(table, key, some);
      some = [];
    }
  }
  if (some.length > 0) yield askForSome(table, key, some);
}

function askForSome(
  table: SourceTable,
  key: readonly string[],
  keys: readonly (readonly Cell[])[],
): Question {
  const encoded = keys.map((cells) => cells.map(encodeCell));
  const tuples = encoded.map((cells) => `(${cells.map(({ sql }) => sql).join(', ')})`);
  const where = `WHERE (${key.join(', ')}) IN (VALUES ${tuples.join(', ')})`;
  const args = encoded.flatMap((cells) => cells.flatMap(({ value }) => value ?? []));
  const sql = `SELECT count(*) FROM ${quoteName(table.name)} ${where}`;
  return {
    statement: { sql, args, want_rows: true },
    bytes: keys.reduce((sum, one) => sum + sizeOfRow(one), 0),
  };
}

async function sumUp(target: TargetDatabase, questions: Iterable<Question>): Promise<number> {
  let sum = 0;
  let some: HranaStatement[] = [];
  let gathered = 0;
  const ask = async (): Promise<void> => {
    throwIfStopped(target.options.signal);
    for (const { result, error } of await target.queryEach(some)) {
      if (result === undefined) throw error;
      sum += Number((result.rows[0]?.[0] as { readonly value: string }).value);
    }
    some = [];
    gathered = 0;
  };
  for (const { statement, bytes } of questions) {
    if (some.length === mostQuestions || (some.length > 0 && gathered + bytes > mostBytes)) await ask();
    some.push(statement);
    gathered += bytes;
  }
  if (some.length > 0) await ask();
  return sum;
}
