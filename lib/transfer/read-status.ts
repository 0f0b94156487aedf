import { resolve } from 'node:path';
import { quoteName } from './source/quote-name.js';
import { openServer } from './open-server.js';
import { readPullRecord } from './pull/pull-progress.js';
import { assertPath } from './resolve-transfer-options.js';
import { openSnapshotDatabase } from './source/snapshot-database.js';
import { assertFile } from './source/take-snapshot.js';
import { readRecord } from './source/work-folder.js';
import { readCheckpoint } from './target/checkpoint.js';
import type { TransferTarget } from './transfer-options.js';

/** What a database holds, and whether a transfer is under way. */
export interface DatabaseState {
  /** Path, or host and port. */
  readonly database: string;
  readonly tables: readonly { readonly name: string; readonly rows: number }[];
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
      transfer:
        state === undefined
          ? undefined
          : `loading ${state.stage}, ${state.rows} rows of table ${state.item + 1}`,
    };
  } finally {
    server.close();
  }
}

async function readContent(ask: Ask): Promise<Pick<DatabaseState, 'tables' | 'bytes' | 'journalMode'>> {
  const names = await ask(
    `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')
      AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'nestjs\\_turso\\_transfer%' ESCAPE '\\' ORDER BY name`,
  );
  const tables: { name: string; rows: number }[] = [];
  for (const [name] of names) {
    const query = `SELECT count(*) FROM ${quoteName(String(name))}`;
    // an index may need a collation of the application
    const [count] = await ask(query).catch(() => ask(`${query} NOT INDEXED`));
    tables.push({ name: String(name), rows: Number(count?.[0]) });
  }
  const [size] = await ask('SELECT page_count * page_size FROM pragma_page_count, pragma_page_size');
  const [journal] = await ask('SELECT journal_mode FROM pragma_journal_mode');
  return { tables, bytes: Number(size?.[0]), journalMode: String(journal?.[0]) };
}
