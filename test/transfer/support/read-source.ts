import BetterSqlite3 from 'better-sqlite3';
import { readEverything } from './read-everything.js';
import { toBytes } from './target.js';

/** Every definition and value of a SQLite file, with its encoding. */
export async function readSource(path: string): Promise<Record<string, string[]>> {
  const db = new BetterSqlite3(path, { readonly: true });
  try {
    const encoding = db.pragma('encoding', { simple: true }) as string;
    const ask = (sql: string): unknown[][] =>
      (db.prepare(sql).raw(true).all() as unknown[][]).map((row) => row.map(toValue));
    return { ...(await readEverything(ask, encoding === 'UTF-8')), encoding: [encoding] };
  } finally {
    db.close();
  }
}

function toValue(value: unknown): unknown {
  return Buffer.isBuffer(value) ? toBytes(value.toString('base64')) : value;
}
