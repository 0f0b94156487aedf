import type { Deadline } from '../../async/deadline.js';
import type { Statement } from '../../contract/statement.js';
import { DatabaseError } from '../../errors/database-error.js';
import { checkStatement } from '../../sql/check-statement.js';
import { firstKeyword } from '../../sql/classify-sql.js';
import type { HranaClient } from './hrana-client.js';
import { takeResponse } from './read-results.js';

/** How many answers of the server are remembered. */
const maxKnown = 500;

/** Refuses writes in read transactions: the server accepts them in spite of `BEGIN TRANSACTION READONLY` (measured). */
export class ReadOnlyGuard {
  readonly #client: HranaClient;
  readonly #known = new Map<string, boolean>();

  constructor(client: HranaClient) {
    this.#client = client;
  }

  /** @throws DatabaseError `SQLITE_READONLY` when the statement writes */
  async assertReads({ sql }: Statement, deadline: Deadline): Promise<void> {
    if (checkStatement(sql, 'transaction') === 'savepoint') return;
    if (await this.isRead(sql, deadline)) return;
    throw new DatabaseError('attempt to write in a read transaction; begin it with mode "write"', {
      code: 'SQLITE_READONLY',
      extendedCode: 'SQLITE_READONLY',
      kind: 'read-only',
      outcome: 'not-applied',
    });
  }

  /** True when the statement surely changes nothing. */
  async isRead(sql: string, deadline: Deadline): Promise<boolean> {
    if (checkStatement(sql, 'transaction') !== 'query') return false;
    return firstKeyword(sql) !== 'WITH' || this.#describe(sql, deadline);
  }

  /** Only the engine knows whether a WITH writes. */
  async #describe(sql: string, deadline: Deadline): Promise<boolean> {
    const known = this.#known.get(sql);
    if (known !== undefined) return known;
    const answer = await this.#client.send([{ type: 'describe', sql }, { type: 'close' }], null, deadline);
    const reads = takeResponse(this.#client, answer, 0, 'describe').result.is_readonly;
    if (this.#known.size >= maxKnown) this.#known.clear();
    this.#known.set(sql, reads);
    return reads;
  }
}
