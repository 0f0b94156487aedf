import { isDeepStrictEqual } from 'node:util';
import { listExpressions } from '../source/select-rows.js';
import { quoteName } from '../source/quote-name.js';
import type { SourceSchema } from '../source/source-schema.js';
import type { TargetDatabase } from '../target/target-database.js';
import { createTransferError } from '../transfer-errors.js';
import { toCells, toReadable } from '../verify/readable-query.js';
import { RowDigest } from '../verify/row-digest.js';
import type { Cell } from '../source/cell.js';
import { encodeCell } from '../target/encode-cell.js';
import type { ChangeLog } from './changelog.js';
import type { LiveSource } from './live-source.js';
import type { ChangeSpool, SpooledTable } from './spool-changes.js';
import type { SyncWriter } from './sync-writer.js';
import type { TableChange } from './sync-report.js';

/** One round: everything that is noted now goes to the target, and is then no longer noted. Twice does no harm. */
export async function drainChangelog(
  live: LiveSource,
  schema: SourceSchema,
  logs: readonly ChangeLog[],
  spool: ChangeSpool,
  writer: SyncWriter,
): Promise<TableChange[]> {
  spool.clear(logs);
  live.run('BEGIN');
  let spooled: SpooledTable[];
  try {
    spooled = spool.fill(schema, logs);
    live.run('COMMIT');
  } catch (error) {
    live.rollback();
    throw error;
  }
  const changes = await applyChanges(spooled, writer);
  await writer.flush();
  const noted = spooled.map(({ log, last }) => `DELETE FROM main.${log.log} WHERE number <= ${last}`);
  if (noted.length > 0) await live.write(noted);
  return changes;
}

/** Every row that was touched is removed before any is written: a value that is unique may have moved from one to another. */
export async function applyChanges(
  spooled: readonly SpooledTable[],
  writer: SyncWriter,
): Promise<TableChange[]> {
  for (const { log, readKeys } of spooled) await writer.deleteKeys(log.table, log.key, readKeys());
  const changes: TableChange[] = [];
  for (const { log, keyCount, readRows } of spooled) {
    const written = await writer.insertRows(log.table, readRows());
    const removed = Math.max(0, keyCount - written);
    changes.push({ name: log.table.name, method: 'changelog', written, removed });
  }
  return changes;
}

const keysPerQuestion = 200;

/** Compares the rows that were touched, on both sides. @throws DatabaseError `TRANSFER_MISMATCH` */
export async function compareTouched(
  target: TargetDatabase,
  spooled: readonly SpooledTable[],
): Promise<void> {
  for (const { log, readKeys, readRows } of spooled) {
    const here: string[] = [];
    for (const row of readRows()) here.push(digestOf(row));
    const there: string[] = [];
    let some: (readonly Cell[])[] = [];
    const ask = async (): Promise<void> => {
      there.push(...(await readTouched(target, log, some)));
      some = [];
    };
    for (const key of readKeys()) if (some.push(key) === keysPerQuestion) await ask();
    if (some.length > 0) await ask();
    // keys that are equal under their collation alone name the same row, in several questions too
    if (!isDeepStrictEqual(new Set(here), new Set(there)))
      throw createTransferError(`the rows of ${log.table.name} that changed differ`, 'TRANSFER_MISMATCH');
  }
}

async function readTouched(
  target: TargetDatabase,
  { table, key }: ChangeLog,
  keys: readonly (readonly Cell[])[],
): Promise<string[]> {
  const stored = listExpressions(table, false);
  const encoded = keys.map((cells) => cells.map(encodeCell));
  const tuples = encoded.map((cells) => `(${cells.map(({ sql }) => sql).join(', ')})`);
  const where = `WHERE (${key.join(', ')}) IN (VALUES ${tuples.join(', ')})`;
  const { sql } = toReadable(`SELECT ${stored.join(', ')} FROM ${quoteName(table.name)} ${where}`, stored);
  const args = encoded.flatMap((cells) => cells.flatMap(({ value }) => value ?? []));
  const rows = await target.query(sql, args);
  return rows.map((row) => digestOf(toCells(row)));
}

function digestOf(row: readonly Cell[]): string {
  const digest = new RowDigest('');
  digest.addRow(row);
  return digest.finish();
}
