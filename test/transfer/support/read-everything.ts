import { quote } from './target.js';

/** Answers a query with rows as arrays. */
export type Ask = (sql: string) => unknown[][] | Promise<unknown[][]>;

/**
 * Every definition, every rowid and every value of a database, in a form that carries bytes, classes and infinities over any protocol.
 * It shares nothing with the code that it checks.
 * @param textAsBytes false where the encoding differs on purpose
 */
export async function readEverything(ask: Ask, textAsBytes = true): Promise<Record<string, string[]>> {
  const everything: Record<string, string[]> = {};
  const own = (name: unknown): boolean => /^(sqlite_|nestjs_turso_|libsql_|_litestream)/.test(String(name));
  const schema = await ask('SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL');
  everything['schema'] = schema
    .filter(([, name, table]) => !own(name) && !own(table))
    .map((row) => JSON.stringify(row))
    .sort();
  everything['user_version'] = (await ask('PRAGMA user_version')).map(String);
  if ((await ask(`SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'`)).length > 0) {
    const counters = await ask('SELECT name, seq FROM sqlite_sequence');
    if (counters.length > 0)
      everything['sqlite_sequence'] = counters.map((row) => JSON.stringify(row)).sort();
  }
  const tables = await ask(
    `SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')`,
  );
  for (const [name, withoutRowid] of tables) {
    if (own(name)) continue;
    everything[`table ${String(name)}`] = await readTable(
      ask,
      String(name),
      Number(withoutRowid),
      textAsBytes,
    );
  }
  return everything;
}

async function readTable(
  ask: Ask,
  table: string,
  withoutRowid: number,
  textAsBytes: boolean,
): Promise<string[]> {
  const literal = `'${table.replaceAll("'", "''")}'`;
  const columns = (await ask(`SELECT name FROM pragma_table_xinfo(${literal}) ORDER BY cid`)).map(([name]) =>
    String(name),
  );
  const lower = new Set(columns.map((name) => name.toLowerCase()));
  const rowid = ['rowid', '_rowid_', 'oid'].find((name) => !lower.has(name));
  const named = withoutRowid === 1 || rowid === undefined ? [] : [rowid];
  const rows: string[] = [];
  // a few columns at a time: SQLite limits the width of a result
  const expressions = [...named, ...columns.map(quote)].map((name) => readable(name, textAsBytes));
  for (let at = 0; at < expressions.length; at += 400) {
    const part = expressions.slice(at, at + 400);
    const found = await ask(`SELECT ${part.join(', ')} FROM ${quote(table)}`);
    rows.push(...found.map((row) => JSON.stringify([at, ...row])));
  }
  return rows.sort();
}

/** Integers as text, floats as numbers but for infinities and the sign of zero, text as hexadecimal bytes. */
function readable(name: string, textAsBytes: boolean): string {
  const text = textAsBytes ? `'t' || hex(CAST(${name} AS BLOB))` : `'t' || ${name}`;
  return `CASE typeof(${name}) WHEN 'integer' THEN 'i' || ${name} WHEN 'text' THEN ${text}
    WHEN 'blob' THEN ${name}
    WHEN 'real' THEN CASE WHEN ${name} = 9e999 THEN '+inf' WHEN ${name} = -9e999 THEN '-inf' ELSE ${name} END END`;
}
