import { createDeadline } from '../../async/deadline.js';
import type { HranaStep, HranaValue } from '../../drivers/turso/hrana-protocol.js';
import { begin } from '../../drivers/turso/steps.js';
import type { Cell } from '../source/cell.js';
import { isOwnCounter } from '../source/internal-names.js';
import { listExpressions, selectRows } from '../source/select-rows.js';
import type { SourceSchema, SourceTable } from '../source/source-schema.js';
import { toIndex, type TargetDatabase } from '../target/target-database.js';
import { createTransferError } from '../transfer-errors.js';
import { toCells, toReadable } from '../verify/readable-query.js';
import { isPackable, toPacked } from './packed-query.js';
import { fingerprintQuery, type RemoteSchema } from './read-remote-schema.js';
import { unpackRows } from './unpack-rows.js';

/** What of a table has not arrived yet: everything, what stands behind a rowid, or nothing. */
export type Missing = 'rows' | { readonly afterRowid: bigint } | 'nothing';

/** Receives a snapshot as it comes. */
export interface SnapshotListener {
  onRow(table: SourceTable, row: readonly Cell[]): void;
  /** A table has arrived. */
  onTable(table: SourceTable): void;
  /** The server's own digest of the table in the same snapshot, where it has `sha3_query`. */
  onDigest(table: SourceTable, digest: string): void;
  onSequence(rows: readonly (readonly Cell[])[]): void;
  onPragma(name: 'user_version' | 'application_id', value: bigint): void;
}

/** One question and what becomes of its answer. */
interface Part {
  readonly step: HranaStep;
  onRow(row: readonly HranaValue[]): void;
  onEnd?(): void;
}

const everything = { afterRowid: undefined, offset: 0, limit: undefined };

/** The query of all that is stored of a table, in the order of its key. */
export function selectTable(table: SourceTable): string {
  return selectRows(table, listExpressions(table, false), everything);
}

/**
 * Reads everything in one request, in one read transaction: a snapshot, whatever others write meanwhile.
 * @returns the server's replication index at the end, where it tells
 * @throws DatabaseError `TRANSFER_SCHEMA_CHANGED` when a definition changed since `remote` was read
 */
export async function readSnapshot(
  server: TargetDatabase,
  remote: RemoteSchema,
  schema: SourceSchema,
  missing: (table: SourceTable) => Missing,
  listener: SnapshotListener,
): Promise<string | undefined> {
  const { requestTimeoutMs, signal } = server.options;
  const sequence: Cell[][] = [];
  const parts: Part[] = [
    { step: begin('read'), onRow: () => undefined },
    { step: ask(fingerprintQuery), onRow: ([cell]) => assertUnchanged(remote, cell) },
    ...schema.tables.flatMap((table) => readTable(table, missing(table), remote, listener)),
    ...(['user_version', 'application_id'] as const).map((name) => ({
      // a PRAGMA needs a token that may write
      step: ask(`SELECT ${name} FROM pragma_${name}`),
      onRow: ([cell]: readonly HranaValue[]) =>
        listener.onPragma(name, cell?.type === 'integer' ? BigInt(cell.value) : 0n),
    })),
    ...(remote.hasSequence ? [readSequence(sequence)] : []),
    { step: { stmt: { sql: 'COMMIT', want_rows: false } }, onRow: () => undefined },
  ];
  const steps = parts.map(({ step }, index) =>
    index === 0 ? step : { ...step, condition: { type: 'ok', step: index - 1 } as const },
  );
  let part: Part | undefined;
  let ended = 0;
  let index: string | undefined;
  for await (const entries of server.client.openCursor(steps, createDeadline(requestTimeoutMs, signal))) {
    for (const entry of entries) {
      if (entry.type === 'step_begin') part = parts[entry.step];
      else if (entry.type === 'row') part?.onRow(entry.row);
      else if (entry.type === 'step_end') {
        ended++;
        part?.onEnd?.();
      } else if (entry.type === 'replication_index') index = toIndex(entry.replication_index);
    }
  }
  if (ended !== parts.length)
    throw createTransferError('the server ended the snapshot early', 'TRANSFER_SNAPSHOT_LOST');
  if (remote.hasSequence) listener.onSequence(sequence);
  return index;
}

function readTable(
  table: SourceTable,
  missing: Missing,
  { hasSha3, canPack }: RemoteSchema,
  listener: SnapshotListener,
): Part[] {
  const rows = canPack && isPackable(table) ? readPacks : readRows;
  const all =
    missing === 'nothing' ? [] : [rows(table, missing === 'rows' ? undefined : missing.afterRowid, listener)];
  if (!hasSha3) return all;
  const args = [{ type: 'text', value: selectTable(table) } as const];
  const digest: Part = {
    step: { stmt: { sql: 'SELECT hex(sha3_query(?, 256))', args, want_rows: true } },
    onRow: ([cell]) => listener.onDigest(table, cell?.type === 'text' ? cell.value : ''),
  };
  return [...all, digest];
}

function readRows(table: SourceTable, afterRowid: bigint | undefined, listener: SnapshotListener): Part {
  const expressions = listExpressions(table, false);
  return {
    step: { stmt: toReadable(selectRows(table, expressions, { ...everything, afterRowid }), expressions) },
    onRow: (row) => listener.onRow(table, toCells(row)),
    onEnd: () => listener.onTable(table),
  };
}

function readPacks(table: SourceTable, afterRowid: bigint | undefined, listener: SnapshotListener): Part {
  const columns = listExpressions(table, false).length;
  return {
    step: { stmt: toPacked(table, afterRowid) },
    onRow([pack, ...row]) {
      if (pack?.type === 'blob')
        for (const cells of unpackRows(Buffer.from(pack.base64, 'base64'), columns))
          listener.onRow(table, cells);
      else listener.onRow(table, toCells(row));
    },
    onEnd: () => listener.onTable(table),
  };
}

function readSequence(sequence: Cell[][]): Part {
  const expressions = ['name', 'seq'];
  const sql = `SELECT ${expressions.join(', ')} FROM sqlite_sequence`;
  return {
    step: { stmt: toReadable(sql, expressions) },
    onRow(row) {
      const cells = toCells(row);
      if (!isOwnCounter(cells[0])) sequence.push(cells);
    },
  };
}

function ask(sql: string): HranaStep {
  return { stmt: { sql, want_rows: true } };
}

function assertUnchanged({ fingerprint }: RemoteSchema, cell: HranaValue | undefined): void {
  if (cell?.type === 'text' && cell.value === fingerprint) return;
  throw createTransferError(
    'a definition changed while it was read: run it again',
    'TRANSFER_SCHEMA_CHANGED',
  );
}
