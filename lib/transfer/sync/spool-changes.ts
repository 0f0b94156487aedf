import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Cell } from '../source/cell.js';
import { quoteName } from '../source/quote-name.js';
import { readRows } from '../source/read-rows.js';
import { listExpressions } from '../source/select-rows.js';
import type { Source } from '../source/source.js';
import type { SourceSchema, SourceTable } from '../source/source-schema.js';
import type { ChangeLog } from './changelog.js';
import type { LiveSource } from './live-source.js';

/** What changed of one table: the rows that are touched, and what they are now. */
export interface SpooledTable {
  readonly log: ChangeLog;
  /** Numbers of the log up to this are in it. */
  readonly last: bigint;
  /** Keys that are equal by the collation of the table's key count once. */
  readonly keyCount: number;
  readonly readKeys: () => Generator<Cell[], void, undefined>;
  readonly readRows: () => Generator<Cell[], void, undefined>;
}

const everything = { afterRowid: undefined, offset: 0, limit: undefined };

/**
 * A file beside the source that holds what changed, all of one moment: the source is read for as long as it takes to copy those rows
 * on this disk, not for as long as a network takes.
 */
export class ChangeSpool {
  readonly #live: LiveSource;
  readonly #path: string;
  #isOpen = false;

  constructor(live: LiveSource, folder: string) {
    this.#live = live;
    this.#path = join(folder, 'changes.db');
  }

  /** Must be called outside of a transaction. */
  async open(): Promise<void> {
    await this.#remove();
    // the source was opened so that a missing file is no new one
    await writeFile(this.#path, '', { mode: 0o600 });
    this.#live.db.prepare('ATTACH ? AS spool').run(this.#path);
    this.#isOpen = true;
    this.#live.run('PRAGMA spool.journal_mode = MEMORY; PRAGMA spool.synchronous = OFF');
  }

  /** Empties it for the next round. */
  clear(logs: readonly ChangeLog[]): void {
    for (const { log } of logs)
      this.#live.run(`DROP TABLE IF EXISTS spool.${log}_keys; DROP TABLE IF EXISTS spool.${log}_rows`);
  }

  /** Copies the keys that are noted, and their rows, within the transaction that is open. */
  fill(schema: SourceSchema, logs: readonly ChangeLog[]): SpooledTable[] {
    return logs.flatMap((log) => this.#fillTable(schema, log) ?? []);
  }

  async close(): Promise<void> {
    this.#live.rollback();
    if (this.#isOpen) this.#live.run('DETACH spool');
    this.#isOpen = false;
    await this.#remove();
  }

  #fillTable(schema: SourceSchema, log: ChangeLog): SpooledTable | undefined {
    const { table, columns, key } = log;
    const database = this.#live.database;
    const last = database.all<[bigint | null]>(`SELECT max(number) FROM ${log.log}`)[0]?.[0] ?? null;
    if (last === null) return undefined;
    const keys = `spool.${log.log}_keys`;
    const names = columns.join(', ');
    this.#live.run(`CREATE TABLE ${keys} (${names});
      INSERT INTO ${keys} SELECT DISTINCT ${names} FROM ${log.log} WHERE number <= ${last} ORDER BY ${names}`);
    const stored = listExpressions(table, false);
    const cells = stored.map((_, index) => `c${index}`);
    this.#live.run(`CREATE TABLE spool.${log.log}_rows (${cells.join(', ')});
      INSERT INTO spool.${log.log}_rows SELECT ${stored.join(', ')} FROM main.${quoteName(table.name)}
      WHERE (${key.join(', ')}) IN (SELECT ${names} FROM ${keys})`);
    const [counted] = database.all<[bigint]>(
      `SELECT count(*) FROM (SELECT 1 FROM ${keys} GROUP BY ${listKey(log).join(', ')})`,
    );
    const source = this.#live.toSource(schema);
    return {
      log,
      last,
      keyCount: Number(counted?.[0]),
      readKeys: () => readSpool(source, `${log.log}_keys`, columns),
      readRows: () => readSpool(source, `${log.log}_rows`, cells),
    };
  }

  async #remove(): Promise<void> {
    for (const suffix of ['', '-journal', '-wal', '-shm']) await rm(this.#path + suffix, { force: true });
  }
}

/** The columns of a log with the collations of the key that they are of. */
function listKey({ table: { keyColumns }, unique, columns }: ChangeLog): string[] {
  const key = unique.find((some) =>
    isDeepStrictEqual(
      some.map(({ name }) => name),
      keyColumns,
    ),
  );
  return columns.map((name, index) => `${name} COLLATE ${key?.[index]?.collation ?? 'BINARY'}`);
}

function readSpool(
  source: Source,
  name: string,
  columns: readonly string[],
): Generator<Cell[], void, undefined> {
  const table: SourceTable = {
    name,
    sql: '',
    isShadow: false,
    columns: columns.map((column) => ({ name: column, generated: false })),
    rowid: 'rowid',
    rowidIsHidden: false,
    keyColumns: [],
    keyOrder: [],
    rowCount: 0,
  };
  return readRows(source, table, columns, everything);
}
