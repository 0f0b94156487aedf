import { quoteName } from '../source/quote-name.js';
import type { SnapshotDatabase } from '../source/snapshot-database.js';
import type { SourceSchema } from '../source/source-schema.js';
import { createTransferError } from '../transfer-errors.js';
import type { LiveSource } from './live-source.js';
import { toLoggedTable, type LoggedTable } from './logged-table.js';

/** A table with the log that its triggers write: the keys of rows that changed, in a table of its own. */
export interface ChangeLog extends LoggedTable {
  /** Name of the log. */
  readonly log: string;
  /** Columns of the log, as many as the key has. */
  readonly columns: readonly string[];
}

/** Which table has which log, and for which transfer: what one has drained, another would miss. */
const register = 'nestjs_turso_changes';

/**
 * Installs a log and its triggers for every table that can have them, in one transaction. Nothing in a log is unique but its own
 * number, so that no write of the application can fail for it, and no counter of the application moves.
 */
export async function installChangelog(live: LiveSource, schema: SourceSchema, id: string): Promise<void> {
  const logs = schema.tables
    .flatMap((table) => toLoggedTable(live.database, table) ?? [])
    .map((table, index) => toLog(table, index + 1));
  await live.write([
    `CREATE TABLE ${register} (number INTEGER PRIMARY KEY, name TEXT NOT NULL, transfer TEXT NOT NULL)`,
    ...logs.flatMap((log, index) => [
      `INSERT INTO ${register} VALUES (${index + 1}, ${quoteText(log.table.name)}, ${quoteText(id)})`,
      `CREATE TABLE ${log.log} (number INTEGER PRIMARY KEY, ${log.columns.join(', ')})`,
      ...createTriggers(log),
    ]),
  ]);
}

export function hasChangelog(database: SnapshotDatabase): boolean {
  return database.all('SELECT 1 FROM sqlite_schema WHERE name = ?', register).length > 0;
}

/** @throws DatabaseError `TRANSFER_CONFLICT` when it was installed for another transfer, or by a version that wrote another one */
export function assertOwnChangelog(database: SnapshotDatabase, id: string): void {
  const columns = database.all<[name: string]>('SELECT name FROM pragma_table_info(?)', register).flat();
  if (columns.join() !== 'number,name,transfer')
    throw createTransferError(
      'the changelog in the source is one of another version of this package: "detach" the source first',
      'TRANSFER_CONFLICT',
    );
  if (database.all(`SELECT 1 FROM ${register} WHERE transfer <> ?`, id).length === 0) return;
  throw createTransferError(
    'the changelog in the source belongs to another transfer, which would miss what this one takes: "detach" the source first',
    'TRANSFER_CONFLICT',
  );
}

/**
 * @param id of the transfer
 * @throws DatabaseError `TRANSFER_SCHEMA_CHANGED` when a table was changed since its log was installed, `TRANSFER_CONFLICT` when it was
 * installed for another transfer
 */
export function readChangelog(database: SnapshotDatabase, schema: SourceSchema, id: string): ChangeLog[] {
  assertOwnChangelog(database, id);
  const rows = database.all<[bigint, string]>(`SELECT number, name FROM ${register} ORDER BY number`);
  return rows.map(([number, name]) => {
    const table = schema.tables.find((one) => one.name === name);
    const logged = table && toLoggedTable(database, table);
    const log = logged && toLog(logged, Number(number));
    const triggers = database.all<[sql: string]>(
      `SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? AND name LIKE 'nestjs_turso_changes_${number}_%'`,
      name,
    );
    const width = database.all('SELECT 1 FROM pragma_table_info(?)', `${register}_${number}`).length - 1;
    if (log !== undefined && width === log.columns.length && isSame(triggers.flat(), createTriggers(log)))
      return log;
    throw createTransferError(
      `the table ${name} was changed since its changes are noted: "detach" the source first, then changes are noted anew`,
      'TRANSFER_SCHEMA_CHANGED',
    );
  });
}

/** Removes the logs with their triggers; those that close the file too, where asked. */
export async function removeChangelog(live: LiveSource, andClosing: boolean): Promise<void> {
  const pattern = andClosing ? '^nestjs_turso_(changes|closed)(_|$)' : '^nestjs_turso_changes(_|$)';
  const found = live.database.all<[type: string, name: string]>(
    `SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'trigger') AND name LIKE 'nestjs_turso_%' ORDER BY type DESC`,
  );
  const ours = found.filter(([, name]) => new RegExp(pattern, 'i').test(name));
  if (ours.length > 0) await live.write(ours.map(([type, name]) => `DROP ${type} ${quoteName(name)}`));
}

function toLog(logged: LoggedTable, number: number): ChangeLog {
  const columns = logged.key.map((_, index) => `k${index}`);
  return { ...logged, log: `${register}_${number}`, columns };
}

/** A unique index that came later lets a REPLACE remove rows that no trigger looks for: only the text of them tells. */
function isSame(installed: readonly string[], meant: readonly string[]): boolean {
  return JSON.stringify([...installed].sort()) === JSON.stringify([...meant].sort());
}

function createTriggers(log: ChangeLog): string[] {
  const table = quoteName(log.table.name);
  const { unique } = log;
  const note = (row: 'OLD' | 'NEW'): string =>
    `${insertInto(log)} VALUES (${log.key.map((key) => `${row}.${key}`).join(', ')});`;
  // rows that a REPLACE is about to remove
  const found = unique.map((columns) => {
    const isEqual = columns.map(({ name, collation }) => {
      const column = quoteName(name);
      return `${column} = NEW.${column} COLLATE ${quoteName(collation)}`;
    });
    return `${insertInto(log)} SELECT ${log.key.join(', ')} FROM ${table} WHERE ${isEqual.join(' AND ')};`;
  });
  const trigger = (name: string, event: string, body: readonly string[]): string =>
    `CREATE TRIGGER ${log.log}_${name} ${event} ON ${table} BEGIN ${body.join(' ')} END`;
  const before = found.length > 0 ? found : ['SELECT 1;'];
  return [
    trigger('before_insert', 'BEFORE INSERT', before),
    trigger('insert', 'AFTER INSERT', [note('NEW')]),
    trigger('before_update', 'BEFORE UPDATE', before),
    trigger('update', 'AFTER UPDATE', [note('OLD'), note('NEW')]),
    trigger('delete', 'AFTER DELETE', [note('OLD')]),
  ];
}

function insertInto({ log, columns }: ChangeLog): string {
  return `INSERT INTO ${log} (${columns.join(', ')})`;
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
