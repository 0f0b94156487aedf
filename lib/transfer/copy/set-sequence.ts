import type { HranaStatement } from '../../drivers/turso/hrana-protocol.js';
import type { SourceSchema } from '../source/source-schema.js';
import { encodeCell } from '../target/encode-cell.js';

/**
 * SQLite counted while the rows came in; the source may know of higher numbers, and of tables that are gone.
 * @param besideOthers the counters of other tables and the version are not ours
 */
export function setSequence(schema: SourceSchema, besideOthers: boolean): HranaStatement[] {
  const version = { sql: `PRAGMA user_version = ${schema.userVersion}`, want_rows: false };
  const begin = besideOthers ? [] : [version];
  if (schema.sequence === undefined) return begin;
  const counters = besideOthers ? ownCounters(schema) : schema.sequence;
  const plain = [
    'CREATE TABLE nestjs_turso_transfer_sequence (id INTEGER PRIMARY KEY AUTOINCREMENT)',
    'DROP TABLE nestjs_turso_transfer_sequence',
    ...(besideOthers ? [] : ['DELETE FROM sqlite_sequence']),
  ].map((sql) => ({ sql, want_rows: false }));
  const removed = besideOthers ? schema.tables.map(({ name }) => toStatement(removeCounter, [name])) : [];
  return [...begin, ...plain, ...removed, ...counters.map((row) => toStatement(addCounter, row))];
}

const removeCounter = 'DELETE FROM sqlite_sequence WHERE name = ?';
const addCounter = 'INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)';

/** Those of tables that are there: a table that is gone here may be somebody else's there. */
export function ownCounters({ tables, sequence = [] }: SourceSchema): NonNullable<SourceSchema['sequence']> {
  const names = new Set<string | null>(tables.map(({ name }) => name));
  return sequence.filter(([name]) => names.has(name));
}

function toStatement(sql: string, cells: readonly (string | bigint | null)[]): HranaStatement {
  const args = cells.map((cell) => encodeCell(cell).value ?? ({ type: 'null' } as const));
  return { sql, args, want_rows: false };
}
