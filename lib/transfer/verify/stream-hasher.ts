import { createDeadline } from '../../async/deadline.js';
import type { HranaStatement, HranaValue } from '../../drivers/turso/hrana-protocol.js';
import { listExpressions } from '../source/select-rows.js';
import { Patience } from '../target/patience.js';
import type { TargetDatabase } from '../target/target-database.js';
import { toCells, toReadable } from './readable-query.js';
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
    const answers = await this.#target.queryEach(queries.map(toStatement));
    const digests: string[] = [];
    for (const [index, query] of queries.entries()) {
      const rows = answers[index]?.result?.rows;
      digests.push(rows === undefined ? await this.#hashLong(query) : hashRows(query, rows));
    }
    return digests;
  }

  /** A result that is too long for one answer is not too long for a cursor. */
  #hashLong(query: HashQuery): Promise<string> {
    const { requestTimeoutMs, patienceMs, signal } = this.#target.options;
    return new Patience(patienceMs, signal).retry(async () => {
      const digest = new RowDigest(query.sql);
      const steps = [{ stmt: toStatement(query) }];
      for await (const entries of this.#target.client.openCursor(
        steps,
        createDeadline(requestTimeoutMs, signal),
      ))
        for (const entry of entries) if (entry.type === 'row') digest.addRow(toCells(entry.row));
      return digest.finish();
    });
  }
}

function hashRows({ sql }: HashQuery, rows: readonly (readonly HranaValue[])[]): string {
  const digest = new RowDigest(sql);
  for (const row of rows) digest.addRow(toCells(row));
  return digest.finish();
}

function toStatement({ sql, table }: HashQuery): HranaStatement {
  return toReadable(sql, listExpressions(table, true));
}
