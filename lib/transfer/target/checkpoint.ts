import type { HranaStatement } from '../../drivers/turso/hrana-protocol.js';
import { createTransferError, tellOfEnd } from '../transfer-errors.js';
import type { TargetDatabase } from './target-database.js';

/** What is loaded next. The order of the stages is the order of the load. */
export type Stage = 'tables' | 'rows' | 'sequence' | 'indexes' | 'views' | 'done' | 'sync';

/** How far a transfer is: everything before it is committed, nothing behind it. */
export interface LoadState {
  readonly stage: Stage;
  /** Index of the table or object within the stage. */
  readonly item: number;
  /** Rows of the table that are done, rejected ones included. */
  readonly rows: number;
}

/** The state as the target holds it, in the same transaction as the data. */
export interface Checkpoint {
  readonly transferId: string;
  /** Grows by one with every commit. */
  readonly position: number;
  readonly state: LoadState;
}

/** A row that the target refused. */
export interface Reject {
  readonly table: string;
  /** Index of the row in its table, from 0, in the order of its key. */
  readonly row: number;
  readonly key: string;
  readonly code: string;
  readonly message: string;
}

export const firstState: LoadState = { stage: 'tables', item: 0, rows: 0 };

/** Creates the books of a transfer. They are dropped when it is complete. */
export function createCheckpoint(transferId: string, state = firstState): HranaStatement[] {
  return [
    statement(
      'CREATE TABLE nestjs_turso_transfer (id TEXT NOT NULL PRIMARY KEY, position INTEGER NOT NULL, state TEXT NOT NULL)',
    ),
    statement(
      'CREATE TABLE nestjs_turso_transfer_rejects (id INTEGER PRIMARY KEY, table_name TEXT NOT NULL, row_index INTEGER NOT NULL,' +
        ' row_key TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, UNIQUE (table_name, row_index))',
    ),
    {
      sql: 'INSERT INTO nestjs_turso_transfer (id, position, state) VALUES (?, 0, ?)',
      args: [
        { type: 'text', value: transferId },
        { type: 'text', value: JSON.stringify(state) },
      ],
      want_rows: false,
    },
  ];
}

/**
 * Moves the checkpoint one commit on. It fails, and its transaction with it, where the checkpoint stands elsewhere: a request that
 * the network kept back for long can so never be applied twice, and none overtakes the one before it.
 */
export function advanceCheckpoint(from: Checkpoint, to: LoadState): HranaStatement {
  return {
    sql:
      'UPDATE nestjs_turso_transfer SET position = CASE WHEN position = ? AND id = ? AND state = ? THEN position + 1 END,' +
      ' state = ?',
    args: [
      { type: 'integer', value: String(from.position) },
      { type: 'text', value: from.transferId },
      { type: 'text', value: JSON.stringify(from.state) },
      { type: 'text', value: JSON.stringify(to) },
    ],
    want_rows: false,
  };
}

/** Gives the books another id, under which nothing was sent yet. */
export function takeOver({ transferId, position }: Checkpoint, id: string): HranaStatement {
  return {
    sql: 'UPDATE nestjs_turso_transfer SET id = CASE WHEN position = ? AND id = ? THEN ? END',
    args: [
      { type: 'integer', value: String(position) },
      { type: 'text', value: transferId },
      { type: 'text', value: id },
    ],
    want_rows: false,
  };
}

/** Notes a row that was left out. */
export function noteReject({ table, row, key, code, message }: Reject): HranaStatement {
  return {
    sql: 'INSERT INTO nestjs_turso_transfer_rejects (table_name, row_index, row_key, code, message) VALUES (?, ?, ?, ?, ?)',
    args: [
      { type: 'text', value: table },
      { type: 'integer', value: String(row) },
      { type: 'text', value: key },
      { type: 'text', value: code },
      { type: 'text', value: message },
    ],
    want_rows: false,
  };
}

/** Removes the books. */
export function dropCheckpoint(): HranaStatement[] {
  return [
    statement('DROP TABLE IF EXISTS nestjs_turso_transfer_rejects'),
    statement('DROP TABLE IF EXISTS nestjs_turso_transfer'),
  ];
}

/** @returns undefined when the target knows of no transfer */
export async function readCheckpoint(target: TargetDatabase): Promise<Checkpoint | undefined> {
  const exists = await target.query(`SELECT 1 FROM sqlite_schema WHERE name = 'nestjs_turso_transfer'`);
  if (exists.length === 0) return undefined;
  const rows = await target.query('SELECT id, CAST(position AS TEXT), state FROM nestjs_turso_transfer');
  const [id = '', position, state = ''] = (rows[0] ?? []).map((cell) =>
    cell.type === 'text' ? cell.value : '',
  );
  if (rows.length !== 1)
    throw createTransferError('the books of the transfer on the target are broken', 'TRANSFER_CONFLICT');
  return { transferId: id, position: Number(position), state: JSON.parse(state) as LoadState };
}

/** @throws DatabaseError `TRANSFER_CONFLICT` when the target holds the books of a transfer, which this one cannot be */
export async function assertNoCheckpoint(target: TargetDatabase): Promise<void> {
  if ((await readCheckpoint(target)) !== undefined) throw createForeignError(tellOfEnd(target.options));
}

/** The books stay until their transfer is complete, also where nobody will go on with it. */
export function createForeignError(more = ''): Error {
  return createTransferError(
    `the target belongs to another transfer: go on with that, or drop nestjs_turso_transfer and nestjs_turso_transfer_rejects there${more}`,
    'TRANSFER_CONFLICT',
  );
}

/** Rejects of one answer: the server limits its size. */
const rejectsPerRequest = 1_000;

/** Every row that was left out, in the order in which it was noted. */
export async function readRejects(target: TargetDatabase): Promise<Reject[]> {
  const rejects: Reject[] = [];
  for (let lastId = '0'; ;) {
    const rows = await target.query(
      'SELECT table_name, CAST(row_index AS TEXT), row_key, code, message, CAST(id AS TEXT) FROM nestjs_turso_transfer_rejects' +
        ' WHERE id > ? ORDER BY id LIMIT ?',
      [
        { type: 'integer', value: lastId },
        { type: 'integer', value: String(rejectsPerRequest) },
      ],
    );
    for (const cells of rows) {
      const [table = '', row, key = '', code = '', message = '', id = ''] = cells.map((cell) =>
        cell.type === 'text' ? cell.value : '',
      );
      rejects.push({ table, row: Number(row), key, code, message });
      lastId = id;
    }
    if (rows.length < rejectsPerRequest) return rejects;
  }
}

function statement(sql: string): HranaStatement {
  return { sql, want_rows: false };
}
