import type { Cell } from '../source/cell.js';
import { readRows } from '../source/read-rows.js';
import { listExpressions } from '../source/select-rows.js';
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
}

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
  const window = { afterRowid: undefined, offset: first, limit: undefined };
  const reader = readRows(source, table, listExpressions(table, false), window);
  try {
    let start = first;
    let chunk = takeChunk(reader, undefined);
    if (first === 0 && table.isShadow && chunk.rows.length === 0) yield { table, item, start, rows: [] };
    while (chunk.rows.length > 0) {
      const { rows, next } = chunk;
      yield { table, item, start, rows };
      start += rows.length;
      chunk = takeChunk(reader, next);
    }
  } finally {
    reader.return();
  }
}
