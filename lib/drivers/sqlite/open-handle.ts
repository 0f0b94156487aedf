import type BetterSqlite3 from 'better-sqlite3';
import type { Deadline } from '../../async/deadline.js';
import type { ResolvedSqliteOptions } from '../../options/resolved-options.js';
import { SqliteHandle } from './sqlite-handle.js';
import { toSqliteError } from './sqlite-errors.js';
import { whileBusy } from './while-busy.js';

/** What a handle is for. */
export interface HandleOptions {
  readonly readonly: boolean;
  /** A missing file is an error; otherwise it is created. */
  readonly mustExist: boolean;
  readonly sqlite: ResolvedSqliteOptions;
}

/**
 * Opens one handle on the database and sets it up. The journal mode is the database's, everything else the handle's.
 * @throws DatabaseError
 */
export async function openHandle(
  BetterSqlite: typeof BetterSqlite3,
  path: string,
  { readonly, mustExist, sqlite }: HandleOptions,
  deadline: Deadline,
): Promise<SqliteHandle> {
  const handle = new SqliteHandle(
    createDatabase(BetterSqlite, path, { readonly, fileMustExist: mustExist, timeout: 0 }),
  );
  try {
    for (const pragma of listPragmas(path, readonly, sqlite)) {
      await whileBusy(() => handle.db.pragma(pragma), deadline);
    }
    await whileBusy(() => handle.createTempTables(), deadline);
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}

/** `timeout: 0`: SQLite's own waiting blocks the event loop for its whole length, so we wait instead. */
function createDatabase(
  BetterSqlite: typeof BetterSqlite3,
  path: string,
  options: BetterSqlite3.Options,
): BetterSqlite3.Database {
  try {
    return new BetterSqlite(path, options);
  } catch (error) {
    throw toSqliteError(error);
  }
}

/** What sets up a handle, one pragma after the other. */
export function listPragmas(path: string, readonly: boolean, sqlite: ResolvedSqliteOptions): string[] {
  const changesJournal = sqlite.journalMode === 'wal' && !readonly && path !== ':memory:';
  return [
    // first: page_size, auto_vacuum and encoding hold only for a file that nothing was written to
    ...Object.entries(sqlite.pragmas).map(([name, value]) => `${name} = ${toPragmaValue(value)}`),
    ...(changesJournal ? ['journal_mode = WAL'] : []),
    `synchronous = ${sqlite.synchronous}`,
    'foreign_keys = ON',
    `cache_size = -${sqlite.cacheSizeKb}`,
    `mmap_size = ${sqlite.mmapSizeMb * 1_048_576}`,
  ];
}

function toPragmaValue(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'ON' : 'OFF';
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
