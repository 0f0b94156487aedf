import BetterSqlite3, { type Database } from 'better-sqlite3';
import { createTempDatabase } from '../../support/temp-database.js';

/** Makes a SQLite file and closes it. @returns its path */
export async function createSource(build: (db: Database) => void): Promise<string> {
  const { path } = await createTempDatabase('app.db');
  const db = new BetterSqlite3(path);
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = OFF');
    build(db);
  } finally {
    db.close();
  }
  return path;
}
