import { DatabaseError } from '../../errors/database-error.js';
import type { HranaStatement, HranaValue } from '../../drivers/turso/hrana-protocol.js';
import { toInserts } from '../copy/to-inserts.js';
import { sizeOfRow, takeChunk } from '../copy/row-chunk.js';
import type { Cell } from '../source/cell.js';
import { quoteName } from '../source/quote-name.js';
import type { SourceTable } from '../source/source-schema.js';
import { encodeCell } from '../target/encode-cell.js';
import type { Ledger } from '../target/ledger.js';
import { throwIfStopped } from '../throw-if-stopped.js';
import { createTransferError } from '../transfer-errors.js';

/** Bounds of a commit, as a copy has them. */
const maxBytes = 2_000_000;
const keysPerStatement = 2_000;
const mostVariables = 32_000;

/** Gathers statements into commits. Where everything fits, it is one. */
export class SyncWriter {
  readonly #ledger: Ledger;
  readonly #signal: AbortSignal | undefined;
  #pending: HranaStatement[] = [];
  #bytes = 0;

  constructor(ledger: Ledger, signal: AbortSignal | undefined) {
    this.#ledger = ledger;
    this.#signal = signal;
  }

  async add(statements: readonly HranaStatement[], bytes: number): Promise<void> {
    if (this.#pending.length > 0 && this.#bytes + bytes > maxBytes) await this.flush();
    this.#pending.push(...statements);
    this.#bytes += bytes;
  }

  /** Removes the rows that the keys name. */
  async deleteKeys(
    table: SourceTable,
    key: readonly string[],
    keys: Iterable<readonly Cell[]>,
  ): Promise<void> {
    const most = Math.min(keysPerStatement, Math.floor(mostVariables / key.length));
    let some: (readonly Cell[])[] = [];
    for (const one of keys) {
      if (some.push(one) < most) continue;
      await this.#deleteSome(table, key, some);
      some = [];
    }
    if (some.length > 0) await this.#deleteSome(table, key, some);
  }

  /** @returns how many */
  async insertRows(table: SourceTable, rows: Iterator<readonly Cell[]>): Promise<number> {
    let inserted = 0;
    try {
      let chunk = takeChunk(rows, undefined);
      while (chunk.rows.length > 0) {
        const bytes = chunk.rows.reduce((sum, row) => sum + sizeOfRow(row), 0);
        await this.add(toInserts(table, chunk.rows), bytes);
        inserted += chunk.rows.length;
        chunk = takeChunk(rows, chunk.next);
      }
      return inserted;
    } finally {
      rows.return?.();
    }
  }

  /** Commits what is gathered, if anything. */
  async flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    throwIfStopped(this.#signal);
    const statements = this.#pending;
    this.#pending = [];
    this.#bytes = 0;
    try {
      await this.#ledger.advance(statements, { stage: 'sync', item: this.#ledger.state.item + 1, rows: 0 });
    } catch (error) {
      throw isRefusal(error) ? createRefusedError(error) : error;
    }
  }

  async #deleteSome(
    table: SourceTable,
    key: readonly string[],
    keys: readonly (readonly Cell[])[],
  ): Promise<void> {
    const args: HranaValue[] = [];
    const tuples = keys.map((cells) => {
      const encoded = cells.map(encodeCell);
      for (const { value } of encoded) if (value !== undefined) args.push(value);
      return `(${encoded.map(({ sql }) => sql).join(', ')})`;
    });
    const sql = `DELETE FROM ${quoteName(table.name)} WHERE (${key.join(', ')}) IN (VALUES ${tuples.join(', ')})`;
    await this.add(
      [{ sql, args, want_rows: false }],
      keys.reduce((sum, one) => sum + sizeOfRow(one), 0),
    );
  }
}

function isRefusal(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && (error.kind === 'constraint' || error.kind === 'too-large');
}

function createRefusedError(error: DatabaseError): DatabaseError {
  const table = error.table === undefined ? '' : ` of table ${error.table}`;
  const code = error.extendedCode ?? error.code;
  return createTransferError(`the target refuses a row${table} (${code})`, 'TRANSFER_BAD_ROW');
}
