import type { HranaStatement, HranaValue } from '../../drivers/turso/hrana-protocol.js';
import { RawText, type Cell } from '../source/cell.js';
import { listExpressions } from '../source/select-rows.js';
import { openCursor } from '../target/cursor.js';
import { Patience } from '../target/patience.js';
import type { TargetDatabase } from '../target/target-database.js';
import { RowDigest } from './row-digest.js';
import type { HashQuery, TargetHasher } from './target-hasher.js';

/** Queries of one request, where many small ones are asked. */
const queriesPerRequest = 20;

/** Reads the rows of a server that has no `sha3_query`, and hashes them here. */
export class StreamHasher implements TargetHasher {
  readonly #target: TargetDatabase;

  constructor(target: TargetDatabase) {
    this.#target = target;
  }

  async hash(queries: readonly HashQuery[]): Promise<string[]> {
    const digests: string[] = [];
    // a few are long, many are short
    if (queries.length <= queriesPerRequest) {
      for (const query of queries) digests.push(await this.#hashLong(query));
      return digests;
    }
    for (let at = 0; at < queries.length; at += queriesPerRequest)
      digests.push(...(await this.#hashShort(queries.slice(at, at + queriesPerRequest))));
    return digests;
  }

  async #hashShort(queries: readonly HashQuery[]): Promise<string[]> {
    const answers = await this.#target.queryEach(queries.map(toReadable));
    const digests: string[] = [];
    for (const [index, query] of queries.entries()) {
      const rows = answers[index]?.result?.rows;
      digests.push(rows === undefined ? await this.#hashLong(query) : hashRows(query, rows));
    }
    return digests;
  }

  /** A result that is too long for one answer is not too long for a cursor. */
  #hashLong(query: HashQuery): Promise<string> {
    const { target, requestTimeoutMs, patienceMs, signal } = this.#target.options;
    return new Patience(patienceMs, signal).retry(async () => {
      const digest = new RowDigest(query.sql);
      const entries = openCursor({ target, idleTimeoutMs: requestTimeoutMs, signal }, [
        { stmt: toReadable(query) },
      ]);
      for await (const entry of entries) if (entry.type === 'row') digest.addRow(toCells(entry.row));
      return digest.finish();
    });
  }
}

function hashRows({ sql }: HashQuery, rows: readonly (readonly HranaValue[])[]): string {
  const digest = new RowDigest(sql);
  for (const row of rows) digest.addRow(toCells(row));
  return digest.finish();
}

/** The same query for the same rows, in a form that the protocol carries without loss. */
function toReadable({ sql, table }: HashQuery): HranaStatement {
  const names = listExpressions(table, true);
  const from = sql.slice(`SELECT ${names.join(', ')}`.length);
  return { sql: `SELECT ${names.flatMap(toReadableValue).join(', ')}${from}`, want_rows: true };
}

/** The storage class, and a form that the protocol carries without loss: text as bytes, infinities as text. */
function toReadableValue(name: string): [string, string] {
  const value = `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) WHEN 'real' THEN CASE ${name} WHEN 9e999 THEN '+' WHEN -9e999 THEN '-' ELSE ${name} END ELSE ${name} END`;
  return [`typeof(${name})`, value];
}

function toCells(row: readonly HranaValue[]): Cell[] {
  return Array.from({ length: row.length / 2 }, (_, index) => toCell(row[index * 2], row[index * 2 + 1]));
}

function toCell(type: HranaValue | undefined, value: HranaValue | undefined): Cell {
  if (value === undefined || value.type === 'null') return null;
  switch (value.type) {
    case 'integer':
      return BigInt(value.value);
    case 'float':
      return value.value;
    case 'text':
      return value.value === '+' ? Infinity : -Infinity;
    case 'blob': {
      const bytes = Buffer.from(value.base64, 'base64');
      return type?.type === 'text' && type.value === 'text' ? new RawText(bytes) : bytes;
    }
  }
}
