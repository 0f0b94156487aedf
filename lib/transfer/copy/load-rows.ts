import { setImmediate } from 'node:timers/promises';
import type { HranaStatement } from '../../drivers/turso/hrana-protocol.js';
import { DatabaseError } from '../../errors/database-error.js';
import { readRows } from '../source/read-rows.js';
import { quoteName } from '../source/quote-name.js';
import { listExpressions } from '../source/select-rows.js';
import type { Source } from '../source/source.js';
import type { SourceTable } from '../source/source-schema.js';
import { noteReject, type LoadState } from '../target/checkpoint.js';
import type { Ledger } from '../target/ledger.js';
import type { ResolvedTransferOptions } from '../resolve-transfer-options.js';
import { createTransferError } from '../transfer-errors.js';
import { describeRow } from './describe-key.js';
import { takeChunk, type EncodedRow } from './row-chunk.js';
import { throwIfStopped } from '../throw-if-stopped.js';
import { toInserts } from './to-inserts.js';

/** Loads the rows of one table, from where the ledger stands. */
export class RowLoader {
  readonly #ledger: Ledger;
  readonly #table: SourceTable;
  readonly #item: number;
  readonly #options: ResolvedTransferOptions;

  constructor(ledger: Ledger, table: SourceTable, item: number, options: ResolvedTransferOptions) {
    this.#ledger = ledger;
    this.#table = table;
    this.#item = item;
    this.#options = options;
  }

  /** The next chunk is read and encoded while the server works on the one before. */
  async load(source: Source): Promise<void> {
    const { item, rows: done } = this.#ledger.state;
    const start = item === this.#item ? done : 0;
    const window = { afterRowid: undefined, offset: start, limit: undefined };
    const rows = readRows(source, this.#table, listExpressions(this.#table, false), window);
    try {
      let chunk = takeChunk(rows, undefined);
      // a virtual table was created with first rows in its shadow tables
      if (start === 0 && this.#table.isShadow) await this.#empty();
      for (let index = start; chunk.rows.length > 0; index = this.#ledger.state.rows) {
        throwIfStopped(this.#options.signal);
        const sending = Promise.allSettled([this.#loadRows(chunk.rows, index)]);
        await setImmediate();
        try {
          chunk = takeChunk(rows, chunk.next);
        } finally {
          // whatever the source says, what is on its way is awaited
          const [result] = await sending;
          throwIfRejected(result);
        }
        this.#report();
      }
    } finally {
      rows.return();
    }
  }

  /** Rows that the target refuses are found by halving. */
  async #loadRows(rows: readonly EncodedRow[], start: number): Promise<void> {
    try {
      await this.#advance(toInserts(this.#table, rows), start + rows.length);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (rows.length === 1) return this.#reject(rows[0] as EncodedRow, start, error);
      const middle = rows.length >> 1;
      await this.#loadRows(rows.slice(0, middle), start);
      await this.#loadRows(rows.slice(middle), start + middle);
    }
  }

  async #reject(row: EncodedRow, index: number, error: DatabaseError): Promise<void> {
    const code = error.extendedCode ?? error.code;
    const table = this.#table.name;
    if (this.#options.onBadRow === 'stop') {
      // a key is data: an error names the place
      throw createTransferError(
        `the target refuses row ${index + 1} of table ${table} in the order of its key (${code}); resume with the policy "quarantine" to leave out such rows`,
        'TRANSFER_BAD_ROW',
      );
    }
    const key = describeRow(this.#table, row, index);
    const message = error.columns.length > 0 ? `columns ${error.columns.join(', ')}` : error.kind;
    await this.#advance([noteReject({ table, row: index, key, code, message })], index + 1);
  }

  #empty(): Promise<void> {
    const sql = `DELETE FROM ${quoteName(this.#table.name)}`;
    return this.#ledger.advance([{ sql, want_rows: false }], this.#state(0));
  }

  #advance(statements: readonly HranaStatement[], rows: number): Promise<void> {
    return this.#ledger.advance(statements, this.#state(rows));
  }

  #state(rows: number): LoadState {
    return { stage: 'rows', item: this.#item, rows };
  }

  #report(): void {
    const { name, rowCount } = this.#table;
    const { rows } = this.#ledger.state;
    this.#options.onProgress({ stage: 'rows', object: name, rows, totalRows: rowCount });
  }
}

/** The target's answer to a row; an error of the statement itself would be one of every row. */
function isRefusal(error: unknown): error is DatabaseError {
  return (
    error instanceof DatabaseError &&
    error.outcome === 'not-applied' &&
    (error.kind === 'constraint' ||
      error.kind === 'too-large' ||
      error.code === 'ARGS_INVALID' ||
      /datatype mismatch/.test(error.message))
  );
}

function throwIfRejected(result: PromiseSettledResult<void>): void {
  if (result.status === 'rejected') throw result.reason;
}
