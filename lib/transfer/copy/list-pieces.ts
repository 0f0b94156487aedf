import type { Cell } from '../source/cell.js';
import { readRows } from '../source/read-rows.js';
import { listExpressions, type RowWindow } from '../source/select-rows.js';
import type { Source } from '../source/source.js';
import type { SourceTable } from '../source/source-schema.js';
import type { LoadState } from '../target/checkpoint.js';
import { takeChunk } from './row-chunk.js';

/** Rows of one table that travel together. */
export interface RowPiece {
  readonly table: SourceTable;
  /** Index of the table. */
  readonly item: number;
  /** Rows of the table before these. */
  readonly start: number;
  /** None at the beginning of a shadow table that is only emptied. */
  readonly rows: readonly (readonly Cell[])[];
  /** Reads the same rows. */
  readonly window: RowWindow;
}

/** A piece without its rows: to keep them for a moment makes the garbage collector copy them, which takes as long as reading them. */
export type PiecePlace = Omit<RowPiece, 'rows'>;

/** Everything behind a state, in the order of the load. */
export function* listPieces(source: Source, state: LoadState): Generator<RowPiece, void, undefined> {
  const { tables } = source.schema;
  for (let item = state.item; item < tables.length; item++) {
    const table = tables[item] as SourceTable;
    yield* listTablePieces(source, table, item, item === state.item ? state.rows : 0);
  }
}

function* listTablePieces(
  source: Source,
  table: SourceTable,
  item: number,
  first: number,
): Generator<RowPiece, void, undefined> {
  const expressions = listExpressions(table, false);
  const rowidAt = table.rowid === undefined ? -1 : expressions.indexOf(table.rowid);
  const reader = readRows(source, table, expressions, {
    afterRowid: undefined,
    offset: first,
    limit: undefined,
  });
  try {
    let start = first;
    let before: bigint | undefined;
    let chunk = takeChunk(reader, undefined);
    if (first === 0 && table.isShadow && chunk.rows.length === 0) yield toPiece(start, before, []);
    while (chunk.rows.length > 0) {
      const { rows, next } = chunk;
      yield toPiece(start, before, rows);
      start += rows.length;
      before = rows.at(-1)?.[rowidAt] as bigint | undefined;
      chunk = takeChunk(reader, next);
    }
  } finally {
    reader.return();
  }

  function toPiece(start: number, afterRowid: bigint | undefined, rows: RowPiece['rows']): RowPiece {
    const window = { afterRowid, offset: afterRowid === undefined ? start : 0, limit: rows.length };
    return { table, item, start, rows, window };
  }
}

/** Reads the rows of a piece once more. */
export function readPiece(source: Source, place: PiecePlace): RowPiece {
  const { table, window } = place;
  return { ...place, rows: [...readRows(source, table, listExpressions(table, false), window)] };
}
