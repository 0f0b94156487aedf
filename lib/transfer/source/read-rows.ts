import { isUtf8 } from 'node:buffer';
import { createTransferError } from '../transfer-errors.js';
import { type Cell, type InvalidTextPolicy, RawText } from './cell.js';
import { selectRows, type RowWindow } from './select-rows.js';
import type { SnapshotDatabase } from './snapshot-database.js';
import type { SourceTable } from './source-schema.js';

/** What the reader knows of the source. */
export interface RowSource {
  readonly database: SnapshotDatabase;
  readonly encoding: string;
  readonly policy: InvalidTextPolicy;
}

/** What stands for bytes that are no text. */
const replacement = '\ufffd';

/**
 * Reads rows with every value exact. SQLite hands out text as it is stored; what becomes a JavaScript string has U+FFFD where its
 * bytes were no UTF-8. So from the first U+FFFD on the bytes of every text are read; in a UTF-16 database always.
 * @throws DatabaseError `INVALID_TEXT` under the policy `stop`
 */
export function* readRows(
  source: RowSource,
  table: SourceTable,
  expressions: readonly string[],
  window: RowWindow,
): Generator<Cell[], void, undefined> {
  const read = source.encoding === 'UTF-8' ? yield* readPlainly(source, table, expressions, window) : 0;
  if (read === undefined) return;
  const { afterRowid, offset, limit } = window;
  const rest = { afterRowid, offset: offset + read, limit: limit === undefined ? undefined : limit - read };
  yield* readCarefully(source, table, expressions, rest);
}

/** @returns how many rows it read before the first doubtful one; `undefined` when there is none */
function* readPlainly(
  source: RowSource,
  table: SourceTable,
  expressions: readonly string[],
  window: RowWindow,
): Generator<Cell[], number | undefined, undefined> {
  let read = 0;
  for (const row of source.database.iterate<Cell[]>(selectRows(table, expressions, window))) {
    for (const cell of row) if (typeof cell === 'string' && cell.includes(replacement)) return read;
    read++;
    yield row;
  }
  return undefined;
}

/** Texts come as bytes and bytes as hexadecimal text: a second column for each would be more than SQLite allows in a wide table. */
function* readCarefully(
  source: RowSource,
  table: SourceTable,
  expressions: readonly string[],
  window: RowWindow,
): Generator<Cell[], void, undefined> {
  const swapped = expressions.map(
    (name) =>
      `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) WHEN 'blob' THEN hex(${name}) ELSE ${name} END`,
  );
  for (const row of source.database.iterate<Cell[]>(selectRows(table, swapped, window))) {
    yield row.map((cell) => {
      if (typeof cell === 'string') return Buffer.from(cell, 'hex');
      return cell instanceof Uint8Array
        ? checkText(source, table, Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength))
        : cell;
    });
  }
}

function checkText(source: RowSource, table: SourceTable, bytes: Buffer): Cell {
  const decoded = decodeText(source.encoding, bytes);
  if (decoded !== undefined) return decoded;
  switch (source.policy) {
    case 'blob':
      return bytes;
    case 'replace':
      return source.encoding === 'UTF-8'
        ? bytes.toString()
        : Buffer.from(toString(source.encoding, bytes)).toString();
    case 'keep':
      // bytes of UTF-16 are no text in a database of UTF-8
      if (source.encoding === 'UTF-8') return new RawText(bytes);
      throw createInvalidTextError(table);
    case 'stop':
      throw createInvalidTextError(table);
  }
}

function createInvalidTextError({ name }: SourceTable): Error {
  return createTransferError(`table ${name} holds text that is no valid Unicode`, 'INVALID_TEXT');
}

/** @returns undefined when the bytes are no valid text */
function decodeText(encoding: string, bytes: Buffer): string | undefined {
  if (encoding === 'UTF-8') return isUtf8(bytes) ? bytes.toString() : undefined;
  if (bytes.byteLength % 2 === 1) return undefined;
  const decoded = toString(encoding, bytes);
  return /\p{Surrogate}/u.test(decoded) ? undefined : decoded;
}

/** Of UTF-16; an odd byte at the end is left out. */
function toString(encoding: string, bytes: Uint8Array): string {
  const pairs = Buffer.from(bytes.subarray(0, bytes.byteLength & ~1));
  return (encoding === 'UTF-16le' ? pairs : pairs.swap16()).toString('utf16le');
}
