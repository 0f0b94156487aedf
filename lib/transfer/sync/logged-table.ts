import { quoteName } from '../source/quote-name.js';
import type { SnapshotDatabase } from '../source/snapshot-database.js';
import type { SourceTable } from '../source/source-schema.js';

/** A column of a unique index as it is compared. */
interface UniqueColumn {
  readonly name: string;
  readonly collation: string;
}

/** A table whose changes triggers can note. */
export interface LoggedTable {
  readonly table: SourceTable;
  /** What names a row: SQL, the same in the table and behind `OLD.` and `NEW.`. */
  readonly key: readonly string[];
  readonly unique: readonly (readonly UniqueColumn[])[];
}

type IndexRow = [name: string, unique: bigint, partial: bigint];
type ColumnRow = [column: string | null, collation: string, isKey: bigint];

const knownCollations: ReadonlySet<string> = new Set(['BINARY', 'NOCASE', 'RTRIM']);

/**
 * Tells whether triggers can note every change of a table: a REPLACE removes rows without telling anybody, so they must be found by
 * the unique keys before it runs. That needs keys that can be asked for, and rows whose name does not change by itself.
 * @returns undefined where only a comparison finds what changed
 */
export function toLoggedTable(database: SnapshotDatabase, table: SourceTable): LoggedTable | undefined {
  if (table.isShadow) return undefined;
  const key = table.rowid === undefined ? table.keyColumns.map(quoteName) : [table.rowid];
  const indexes = database.all<IndexRow>(
    `SELECT name, "unique", partial FROM pragma_index_list(?) ORDER BY name`,
    table.name,
  );
  // VACUUM numbers the rows of a table anew that has neither an index nor a key of its own
  if (key.length === 0 || (table.rowidIsHidden && indexes.length === 0)) return undefined;
  const unique = indexes.filter(([, isUnique]) => isUnique === 1n);
  if (unique.some(([, , partial]) => partial === 1n)) return undefined;
  const generated = new Set(table.columns.filter((column) => column.generated).map(({ name }) => name));
  const keys: UniqueColumn[][] = [];
  for (const [index] of unique) {
    const columns = database
      .all<ColumnRow>('SELECT name, coll, key FROM pragma_index_xinfo(?)', index)
      .filter(([, , isKey]) => isKey === 1n);
    for (const [name, collation] of columns) {
      const isPlain = name !== null && !generated.has(name) && knownCollations.has(collation.toUpperCase());
      if (!isPlain) return undefined;
    }
    keys.push(columns.map(([name, collation]) => ({ name: name as string, collation })));
  }
  return { table, key, unique: keys };
}
