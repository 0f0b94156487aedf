import { resolve } from 'node:path';
import { DatabaseError } from '../errors/database-error.js';
import { needsCollation } from './source/needs-collation.js';
import { quoteName } from './source/quote-name.js';
import { openServer } from './open-server.js';
import { readPullRecord } from './pull/pull-progress.js';
import { assertPath } from './resolve-transfer-options.js';
import { openSnapshotDatabase } from './source/snapshot-database.js';
import { assertFile } from './source/take-snapshot.js';
import { readRecord } from './source/work-folder.js';
import { readCheckpoint, type LoadState } from './target/checkpoint.js';
import type { TransferTarget } from './transfer-options.js';

/** What a database holds, and whether a transfer is under way. */
export interface DatabaseState {
  /** Path, or host and port. */
  readonly database: string;
  /** Without the rows of a table that cannot be counted here: its key needs a collation of the application. */
  readonly tables: readonly { readonly name: string; readonly rows: number | undefined }[];
  readonly bytes: number;
  readonly journalMode: string;
  /** Where a transfer stands that is not finished; undefined where none is under way. */
  readonly transfer: string | undefined;
}

type Ask = (sql: string) => Promise<unknown[][]>;

/**
 * Reads what a SQLite file or a server holds. A transfer that is complete has left nothing behind, so it is not told apart from one
 * that never was. A file is read in this thread.
 * @throws DatabaseError when it cannot be read
 */
export async function readStatus(
  database: string | TransferTarget,
  signal?: AbortSignal,
): Promise<DatabaseState> {
  return typeof database === 'string' ? readFileStatus(database) : readServerStatus(database, signal);
}

async function readFileStatus(file: string): Promise<DatabaseState> {
  assertPath(file);
  const path = resolve(file);
  const folder = `${path}.transfer`;
  const pull = await readPullRecord(folder);
  if (pull === undefined) await assertFile(path);
  else
    return {
      database: path,
      tables: [],
      bytes: 0,
      journalMode: 'none',
      transfer: `a pull from ${pull.source}`,
    };
  const copy = await readRecord(folder);
  const opened = await openSnapshotDatabase(path);
  try {
    const ask: Ask = (sql) => new Promise((resolve) => resolve(opened.all<unknown[]>(sql)));
    return {
      database: path,
      ...(await readContent(ask)),
      transfer: copy === undefined ? undefined : `a copy to ${copy.target}`,
    };
  } finally {
    opened.close();
  }
}

async function readServerStatus(
  address: TransferTarget,
  signal: AbortSignal | undefined,
): Promise<DatabaseState> {
  const server = openServer(address, signal);
  try {
    const ask = async (sql: string): Promise<unknown[][]> =>
      (await server.query(sql)).map((row) => row.map((cell) => ('value' in cell ? cell.value : null)));
    const { state } = (await readCheckpoint(server)) ?? {};
    return {
      database: server.options.target.location,
      ...(await readContent(ask)),
      transfer: state === undefined ? undefined : describeState(state),
    };
  } finally {
    server.close();
  }
}

function describeState({ stage, item, rows }: LoadState): string {
  switch (stage) {
    case 'done':
      return 'everything is loaded, and it ends with a resume or, where it was kept open, with a cut-over';
    case 'sync':
      return 'everything is loaded and synchronized, and it ends with a cut-over';
    default:
      return `loading ${stage}, ${rows} rows of table ${item + 1}`;
  }
}

async function readContent(ask: Ask): Promise<Pick<DatabaseState, 'tables' | 'bytes' | 'journalMode'>> {
  const names = await ask(
    `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')
      AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'nestjs\\_turso\\_transfer%' ESCAPE '\\' ORDER BY name`,
  );
  const tables: { name: string; rows: number | undefined }[] = [];
  for (const [name] of names) tables.push({ name: String(name), rows: await countRows(ask, String(name)) });
  const [size] = await ask('SELECT page_count * page_size FROM pragma_page_count, pragma_page_size');
  const [journal] = await ask('SELECT journal_mode FROM pragma_journal_mode');
  return { tables, bytes: Number(size?.[0]), journalMode: String(journal?.[0]) };
}

async function countRows(ask: Ask, table: string): Promise<number | undefined> {
  const query = `SELECT count(*) FROM ${quoteName(table)}`;
  try {
    // an index may need a collation of the application
    const [count] = await ask(query).catch(() => ask(`${query} NOT INDEXED`));
    return Number(count?.[0]);
  } catch (error) {
    // and so may the key of a table that has no rowid
    if (error instanceof DatabaseError && needsCollation(error.message)) return undefined;
    throw error;
  }
}
