import { loadBetterSqlite3 } from '../../drivers/sqlite/load-better-sqlite3.js';
import type { HranaValue } from '../../drivers/turso/hrana-protocol.js';
import { allPages } from '../source/take-snapshot.js';
import { openSnapshotDatabase, type SnapshotDatabase } from '../source/snapshot-database.js';
import { createCheckpoint } from '../target/checkpoint.js';

/**
 * Copies a snapshot that is open, by way of SQLite, and puts the books of the transfer into the copy: wherever it lies, its id tells
 * whose it is, and that it is not verified yet. It has no log, so reading it leaves nothing beside it.
 */
export async function writeMarkedCopy(source: SnapshotDatabase, path: string, id: string): Promise<void> {
  await source.db.backup(path, { progress: () => allPages });
  const BetterSqlite = await loadBetterSqlite3();
  const db = new BetterSqlite(path, { fileMustExist: true });
  try {
    db.pragma('journal_mode = DELETE');
    for (const { sql, args = [] } of createCheckpoint(id, { stage: 'done', item: 0, rows: 0 }))
      db.prepare(sql).run(...args.map(toValue));
  } finally {
    db.close();
  }
}

/** Whether a file that no server has opened is one that `writeMarkedCopy` made under this id. */
export async function isMarkedCopy(path: string, id: string): Promise<boolean> {
  const database = await openSnapshotDatabase(path);
  try {
    const query = 'SELECT 1 FROM nestjs_turso_transfer WHERE id = ?';
    return database.findProblem(query) === undefined && database.all(query, id).length === 1;
  } finally {
    database.close();
  }
}

function toValue(value: HranaValue): string | null {
  return value.type === 'text' ? value.value : null;
}
