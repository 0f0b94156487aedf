import type { Deadline } from '../async/deadline.js';
import type { DriverConnection } from '../contract/connection.js';
import type { Statement } from '../contract/statement.js';
import type { TableDefinition } from './tables.js';

/** One row at most: who applies files now. Times are milliseconds by the clock of the database. */
export const leaseTable: TableDefinition = {
  name: '_migrations_lease',
  sql:
    'CREATE TABLE IF NOT EXISTS _migrations_lease (id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), owner TEXT NOT NULL, ' +
    'taken_at INTEGER NOT NULL, renewed_at INTEGER NOT NULL, patience_ms INTEGER NOT NULL)',
};

export interface LeaseRow {
  readonly owner: string;
  readonly takenAt: number;
  readonly renewedAt: number;
  /** How long its owner may be silent. */
  readonly patienceMs: number;
  /** How long it has been. */
  readonly silentMs: number;
}

const now = `CAST(unixepoch('subsec') * 1000 AS INTEGER)`;

/** The lease as it stands; undefined when nobody has it. */
export async function readLease(
  connection: DriverConnection,
  deadline: Deadline,
): Promise<LeaseRow | undefined> {
  const sql = `SELECT owner, taken_at, renewed_at, patience_ms, ${now} - renewed_at FROM _migrations_lease WHERE id = 1`;
  const { rows } = await connection.execute({ sql, args: [] }, deadline);
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    owner: row[0] as string,
    takenAt: Number(row[1]),
    renewedAt: Number(row[2]),
    patienceMs: Number(row[3]),
    silentMs: Number(row[4]),
  };
}

/** A write to the lease: it changes the row or, when the row no longer is as expected, nothing. */
export type LeaseChange = Statement;

export function claimLease(owner: string, patienceMs: number): LeaseChange {
  const sql =
    'INSERT INTO _migrations_lease (id, owner, taken_at, renewed_at, patience_ms) ' +
    `VALUES (1, ?, ${now}, ${now}, ?) ON CONFLICT (id) DO NOTHING`;
  return { sql, args: [owner, BigInt(patienceMs)] };
}

export function renewLease(owner: string): LeaseChange {
  return {
    sql: `UPDATE _migrations_lease SET renewed_at = ${now} WHERE id = 1 AND owner = ?`,
    args: [owner],
  };
}

export function takeOverLease(owner: string, patienceMs: number, from: LeaseRow): LeaseChange {
  const sql =
    `UPDATE _migrations_lease SET owner = ?, taken_at = ${now}, renewed_at = ${now}, patience_ms = ? ` +
    'WHERE id = 1 AND owner = ? AND renewed_at = ?';
  return { sql, args: [owner, BigInt(patienceMs), from.owner, BigInt(from.renewedAt)] };
}

export function endLease(owner: string): LeaseChange {
  return { sql: 'DELETE FROM _migrations_lease WHERE id = 1 AND owner = ?', args: [owner] };
}
