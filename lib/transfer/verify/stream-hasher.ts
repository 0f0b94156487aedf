import type { HranaValue } from '../../drivers/turso/hrana-protocol.js';
import { always } from '../../drivers/turso/steps.js';
import { RawText, type Cell } from '../source/cell.js';
import { listExpressions } from '../source/select-rows.js';
import { openCursor } from '../target/cursor.js';
import { Patience } from '../target/patience.js';
import type { TargetDatabase } from '../target/target-database.js';
import { RowDigest } from './row-digest.js';
import type { HashQuery, TargetHasher } from './target-hasher.js';

/** Reads the rows of a server that has no `sha3_query`, and hashes them here. */
export class StreamHasher implements TargetHasher {
  readonly #target: TargetDatabase;

  constructor(target: TargetDatabase) {
    this.#target = target;
  }

  async hash(queries: readonly HashQuery[]): Promise<string[]> {
    const { patienceMs, signal } = this.#target.options;
    const digests: string[] = [];
    for (const query of queries)
      digests.push(await new Patience(patienceMs, signal).retry(() => this.#hashOne(query)));
    return digests;
  }

  async #hashOne({ sql, table }: HashQuery): Promise<string> {
    const { target, requestTimeoutMs, signal } = this.#target.options;
    const digest = new RowDigest(sql);
    const names = listExpressions(table, true);
    const from = sql.slice(`SELECT ${names.join(', ')}`.length);
    const step = always(`SELECT ${names.flatMap(toReadable).join(', ')}${from}`);
    const entries = openCursor({ target, idleTimeoutMs: requestTimeoutMs, signal }, [
      { stmt: { ...step.stmt, want_rows: true } },
    ]);
    for await (const entry of entries)
      if (entry.type === 'row') digest.addRow(names.map((_, index) => toCell(entry.row, index)));
    return digest.finish();
  }
}

/** The storage class, and a form that the protocol carries without loss: text as bytes, infinities as text. */
function toReadable(name: string): [string, string] {
  const value = `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) WHEN 'real' THEN CASE ${name} WHEN 9e999 THEN '+' WHEN -9e999 THEN '-' ELSE ${name} END ELSE ${name} END`;
  return [`typeof(${name})`, value];
}

function toCell(row: readonly HranaValue[], index: number): Cell {
  const [type, value] = [row[index * 2], row[index * 2 + 1]];
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
