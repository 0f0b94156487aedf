import { createClient } from '@libsql/client/http';
import BetterSqlite3 from 'better-sqlite3';
import { rm } from 'node:fs/promises';
import { copyDatabase, pullDatabase } from '../../../lib/transfer/index.js';

/** What one way of moving rows takes. */
export interface Measured {
  readonly rowsPerSecond: number;
  readonly ms: number;
}

/** Rows of about 145 bytes, as the other ways were measured with. */
export function fillMeasured(rows: number): string {
  return `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, email TEXT, amount REAL, at INTEGER, note TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO t SELECT i, 'customer number ' || i, 'user' || i || '@example.org', i * 1.37, 1700000000 + i,
    'a note of some length, so that a row has about one hundred and forty bytes ' || i FROM n;`;
}

export function createMeasuredSource(path: string, rows: number): void {
  const db = new BetterSqlite3(path);
  try {
    db.exec(fillMeasured(rows));
  } finally {
    db.close();
  }
}

/** The load alone: what comes before and behind it (snapshot, plan, verification) has no counterpart in the other ways. */
export async function measureCopy(source: string, url: string): Promise<Measured> {
  let [begun, ended, rows] = [0, 0, 0];
  const { verification } = await copyDatabase({
    source,
    target: { url },
    onProgress({ stage, totalRows }) {
      if (stage === 'tables' && begun === 0) begun = performance.now();
      if (stage === 'rows') rows = totalRows;
      if (stage === 'verify' && ended === 0) ended = performance.now();
    },
  });
  if (!verification.equal) throw new Error('the copy differs');
  return toMeasured(rows, ended - begun);
}

/** The fastest unsafe way over SQL: a dump as one script. Writing the text is not counted. */
export async function measureDump(source: string, url: string): Promise<Measured> {
  const db = new BetterSqlite3(source, { readonly: true });
  const client = createClient({ url });
  try {
    const { sql } = db.prepare(`SELECT sql FROM sqlite_schema WHERE name = 't'`).get() as { sql: string };
    const values = ['id', 'name', 'email', 'amount', 'at', 'note'].map((name) => `quote(${name})`);
    const inserts = db.prepare(
      `SELECT 'INSERT INTO t VALUES(' || ${values.join(` || ',' || `)} || ');' FROM t`,
    );
    const lines = inserts.pluck().all() as string[];
    const dump = ['BEGIN TRANSACTION;', `${sql};`, ...lines, 'COMMIT;'].join('\n');
    const begun = performance.now();
    await client.executeMultiple(dump);
    return toMeasured(lines.length, performance.now() - begun);
  } finally {
    client.close();
    db.close();
  }
}

/** One row, one statement, one round trip: what a loop of `execute` does. */
export async function measureSingles(source: string, url: string, count: number): Promise<Measured> {
  const db = new BetterSqlite3(source, { readonly: true });
  const client = createClient({ url });
  try {
    const rows = db.prepare('SELECT * FROM t LIMIT ?').raw().all(count) as (string | number)[][];
    await client.execute('CREATE TABLE single (id, name, email, amount, at, note)');
    const begun = performance.now();
    for (const args of rows)
      await client.execute({ sql: 'INSERT INTO single VALUES (?, ?, ?, ?, ?, ?)', args });
    return toMeasured(rows.length, performance.now() - begun);
  } finally {
    client.close();
    db.close();
  }
}

/** The whole way back, verification included. */
export async function measurePull(url: string, file: string, rows: number): Promise<Measured> {
  await rm(file, { force: true });
  const begun = performance.now();
  const { equal } = await pullDatabase({ source: { url }, file });
  if (!equal) throw new Error('the pulled file differs');
  return toMeasured(rows, performance.now() - begun);
}

function toMeasured(rows: number, ms: number): Measured {
  return { rowsPerSecond: Math.round((rows / ms) * 1_000), ms: Math.round(ms) };
}
