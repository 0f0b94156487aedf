import { setImmediate } from 'node:timers/promises';
import type { HranaStatement } from '../../drivers/turso/hrana-protocol.js';
import { DatabaseError } from '../../errors/database-error.js';
import type { Source } from '../source/source.js';
import { quoteName } from '../source/quote-name.js';
import { noteReject, type LoadState } from '../target/checkpoint.js';
import type { Ledger } from '../target/ledger.js';
import { maxInFlight } from '../target/target-database.js';
import type { ResolvedTransferOptions } from '../resolve-transfer-options.js';
import { createTransferError } from '../transfer-errors.js';
import { describeRow } from './describe-key.js';
import { listPieces, readPiece, type PiecePlace, type RowPiece } from './list-pieces.js';
import { throwIfStopped } from '../throw-if-stopped.js';
import { toInserts } from './to-inserts.js';

/** So few that one of them waits at most: they are not taken in another order. */
const fewInFlight = 2;

/** A piece on its way, and how it ended. */
interface Flight {
  readonly place: PiecePlace;
  readonly ended: Promise<PromiseSettledResult<void>>;
}

/** Loads the rows of every table, from where the ledger stands. */
export class RowLoader {
  readonly #ledger: Ledger;
  readonly #options: ResolvedTransferOptions;
  #flights: Flight[] = [];
  /** Pieces that may be on their way: one behind a failure, more with every success, up to a bound. */
  #mayFly = maxInFlight;
  #mostFlying = maxInFlight;

  constructor(ledger: Ledger, options: ResolvedTransferOptions) {
    this.#ledger = ledger;
    this.#options = options;
  }

  /** The next pieces are read and sent while the server works on the ones before. */
  async load(source: Source): Promise<void> {
    const pieces = listPieces(source, this.#ledger.state);
    try {
      for (const piece of pieces) {
        throwIfStopped(this.#options.signal);
        while (this.#flights.length >= this.#mayFly) await this.#land(source);
        this.#send(piece);
        // lets what was written leave
        await setImmediate();
      }
      while (this.#flights.length > 0) await this.#land(source);
    } finally {
      pieces.return(undefined);
      // whatever happened, what is on its way is awaited
      await Promise.all(this.#flights.map(({ ended }) => ended));
    }
  }

  #send(piece: RowPiece): void {
    const sending = this.#ledger.send({ statements: toStatements(piece), to: stateBehind(piece) });
    const { rows: _, ...place } = piece;
    this.#flights.push({ place, ended: Promise.allSettled([sending]).then(([result]) => result) });
  }

  /** Waits for the oldest piece. When it failed, none behind it can have been applied without it: one by one, then. */
  async #land(source: Source): Promise<void> {
    const [oldest] = this.#flights;
    if (oldest === undefined) return;
    const result = await oldest.ended;
    if (result.status === 'rejected') {
      if (hasOvertaken(result.reason)) this.#mostFlying = fewInFlight;
      return this.#recover(source);
    }
    this.#flights.shift();
    this.#ledger.confirm();
    this.#mayFly = Math.min(this.#mostFlying, this.#mayFly + 1);
    this.#report(oldest.place);
  }

  async #recover(source: Source): Promise<void> {
    await Promise.all(this.#flights.map(({ ended }) => ended));
    this.#mayFly = 1;
    while (this.#flights.length > 0) {
      this.#flights = this.#flights.slice(await this.#ledger.settle());
      const [next] = this.#flights;
      if (next === undefined) return;
      throwIfStopped(this.#options.signal);
      await this.#loadRows(readPiece(source, next.place));
      this.#flights.shift();
      this.#report(next.place);
    }
  }

  /** Rows that the target refuses are found by halving. */
  async #loadRows(piece: RowPiece): Promise<void> {
    try {
      await this.#ledger.advance(toStatements(piece), stateBehind(piece));
    } catch (error) {
      const { rows, start } = piece;
      if (!isRefusal(error) || rows.length === 0) throw error;
      if (rows.length === 1) return this.#reject(piece, error);
      const middle = rows.length >> 1;
      await this.#loadRows({ ...piece, rows: rows.slice(0, middle) });
      await this.#loadRows({ ...piece, rows: rows.slice(middle), start: start + middle });
    }
  }

  async #reject(piece: RowPiece, error: DatabaseError): Promise<void> {
    const { table, rows, start: index } = piece;
    const code = error.extendedCode ?? error.code;
    if (this.#options.onBadRow === 'stop') {
      // a key is data: an error names the place
      throw createTransferError(
        `the target refuses row ${index + 1} of table ${table.name} in the order of its key (${code}); resume with the policy "quarantine" to leave out such rows`,
        'TRANSFER_BAD_ROW',
      );
    }
    const key = describeRow(table, rows[0] ?? [], index);
    const message = error.columns.length > 0 ? `columns ${error.columns.join(', ')}` : error.kind;
    const note = noteReject({ table: table.name, row: index, key, code, message });
    await this.#ledger.advance([...toStatements({ ...piece, rows: [] }), note], stateBehind(piece));
  }

  #report({ table: { name, rowCount } }: PiecePlace): void {
    const { rows } = this.#ledger.state;
    this.#options.onProgress({ stage: 'rows', object: name, rows, totalRows: rowCount });
  }
}

/** Everything before it was applied, yet it came too early: of two that wait, a server may take the later one first. */
function hasOvertaken(error: unknown): boolean {
  return (
    error instanceof DatabaseError && error.kind === 'constraint' && error.table === 'nestjs_turso_transfer'
  );
}

/** A virtual table was created with first rows in its shadow tables. */
function toStatements({ table, rows, start }: RowPiece): HranaStatement[] {
  const inserts = toInserts(table, rows);
  if (start > 0 || !table.isShadow) return inserts;
  return [{ sql: `DELETE FROM ${quoteName(table.name)}`, want_rows: false }, ...inserts];
}

function stateBehind({ item, rows, start }: RowPiece): LoadState {
  return { stage: 'rows', item, rows: start + rows.length };
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
