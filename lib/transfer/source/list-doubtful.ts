import { isUtf8 } from 'node:buffer';
import { quoteName } from './quote-name.js';
import type { RowWindow } from './select-rows.js';
import type { SnapshotDatabase } from './snapshot-database.js';
import type { SourceTable } from './source-schema.js';
import { groupTerms, joinTerms } from './join-terms.js';

/** Rows that SQLite looks at in one go. */
const rowsPerLook = 500;

/** How much of a row it puts together, in bytes: what is longer is doubtful. */
const longestRow = 32_768;

const [firstRowid, lastRowid] = [-(2n ** 63n), 2n ** 63n - 1n];

/** Names that no column has: ORDER BY would take them for its own. */
const [id, doubtful, texts] = ['id', 'doubtful', 'texts'].map((name) => `nestjs_turso_${name}`);

type Look = [rows: bigint, last: bigint, doubts: bigint, bytes: Uint8Array | null];

/**
 * Lets SQLite look over a table, run after run of rows, and names the runs that may hold what does not move by itself: long values,
 * infinities, negative zeros, texts that are no valid UTF-8. It is the whole table where rows have no rowid, and in UTF-16.
 */
export function* listDoubtful(
  database: SnapshotDatabase,
  encoding: string,
  table: SourceTable,
): Generator<RowWindow, void, undefined> {
  const { rowid } = table;
  if (rowid === undefined || encoding !== 'UTF-8') {
    yield { afterRowid: undefined, offset: 0, limit: undefined };
    return;
  }
  // a key that is the rowid is an integer
  const columns = listStored(table).filter((name) => name !== rowid);
  if (columns.length === 0) return;
  const look = database.prepare<Look>(toLook(table.name, rowid, columns));
  let afterRowid: bigint | undefined;
  for (let from = firstRowid; ; from = afterRowid + 1n) {
    const [[rows, last, doubts, bytes]] = look(from) as [Look];
    if (doubts > 0n || (bytes !== null && !isUtf8(bytes)))
      yield { afterRowid, offset: 0, limit: rowsPerLook };
    if (rows < rowsPerLook || last === lastRowid) return;
    afterRowid = last;
  }
}

/** Names of the columns that hold values of their own. */
export function listStored({ columns }: SourceTable): string[] {
  return columns.filter(({ generated }) => !generated).map(({ name }) => quoteName(name));
}

function toLook(table: string, rowid: string, columns: readonly string[]): string {
  const longest = Math.floor(longestRow / columns.length);
  const doubts = columns.map((name) => toDoubt(name, longest));
  const short = columns.map(
    (name) => `CASE WHEN typeof(${name}) = 'text' AND octet_length(${name}) <= ${longest} THEN ${name} END`,
  );
  // what stands between two texts neither begins nor continues a letter
  const together = groupTerms(short).map((some) => `concat_ws(',', ${some.join(', ')})`);
  return (
    `SELECT count(*), max(${id}), sum(${doubtful}), CAST(group_concat(${texts}, ',') AS BLOB) FROM (SELECT ${rowid} AS ${id},` +
    ` ${joinTerms(doubts, 'OR')} AS ${doubtful}, concat_ws(',', ${together.join(', ')}) AS ${texts}` +
    ` FROM ${quoteName(table)} WHERE ${rowid} >= ? ORDER BY ${rowid} LIMIT ${rowsPerLook})`
  );
}

/** Negative zero is equal to zero, and its angle alone tells it. A column itself compares by a collation that may be missing here. */
function toDoubt(name: string, longest: number): string {
  const isLong = `octet_length(${name}) > ${longest}`;
  return (
    `CASE typeof(${name}) WHEN 'text' THEN ${isLong} WHEN 'blob' THEN ${isLong}` +
    ` WHEN 'real' THEN abs(${name}) = 9e999 OR abs(${name}) = 0 AND atan2(0, ${name}) > 1 ELSE 0 END`
  );
}
