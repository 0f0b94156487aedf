import { quoteName } from './quote-name.js';
import { readRows } from './read-rows.js';
import type { SnapshotDatabase } from './snapshot-database.js';
import type { SourceTable } from './source-schema.js';

/** What a table holds that does not move by itself. */
export interface TableFindings {
  /** Rows that the server surely refuses for their size. */
  readonly tooLarge: number;
  /** Texts that are no valid Unicode. */
  readonly invalidTexts: number;
  readonly infinities: number;
  readonly negativeZeros: number;
}

/** Longest row of sqld, in bytes (measured with 0.24.32). */
const longestRow = 5_000_000;

/** Reads every text and every float of a table. */
export function scanTable(database: SnapshotDatabase, encoding: string, table: SourceTable): TableFindings {
  const names = table.columns.filter(({ generated }) => !generated).map(({ name }) => quoteName(name));
  const found = { invalidTexts: 0, infinities: 0, negativeZeros: 0 };
  const expressions = names.map((name) => `CASE WHEN typeof(${name}) IN ('text', 'real') THEN ${name} END`);
  // invalid text comes back as bytes, and nothing else does
  const source = { database, encoding, policy: 'blob' } as const;
  const everything = { afterRowid: undefined, offset: 0, limit: undefined };
  for (const row of readRows(source, table, expressions, everything)) {
    for (const cell of row) {
      if (cell instanceof Uint8Array) found.invalidTexts++;
      else if (cell === Infinity || cell === -Infinity) found.infinities++;
      else if (Object.is(cell, -0)) found.negativeZeros++;
    }
  }
  return { tooLarge: countTooLarge(database, table, names), ...found };
}

/** A lower bound for each row: what is refused beyond it is a bad row. */
function countTooLarge(
  database: SnapshotDatabase,
  { name }: SourceTable,
  columns: readonly string[],
): number {
  const sizes = columns.map(
    (column) =>
      `CASE typeof(${column}) WHEN 'text' THEN length(${column}) WHEN 'blob' THEN length(${column}) ELSE 0 END`,
  );
  // a sum of many columns would be nested deeper than SQLite allows
  const conditions: string[] = [];
  for (let at = 0; at < sizes.length; at += 500)
    conditions.push(`(${sizes.slice(at, at + 500).join(' + ')}) > ${longestRow}`);
  const [row] = database.all<[bigint]>(
    `SELECT count(*) FROM ${quoteName(name)} WHERE ${conditions.join(' OR ')}`,
  );
  return Number(row?.[0]);
}
