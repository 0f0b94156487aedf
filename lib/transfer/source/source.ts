import { createTransferError } from '../transfer-errors.js';
import type { InvalidTextPolicy } from './cell.js';
import type { RowSource } from './read-rows.js';
import { readSchema } from './read-schema.js';
import { openSnapshotDatabase } from './snapshot-database.js';
import type { SourceSchema } from './source-schema.js';
import { identifySnapshot } from './take-snapshot.js';

/** A snapshot, opened, with what is in it. */
export interface Source extends RowSource {
  readonly schema: SourceSchema;
  close(): void;
}

/** Opens a snapshot. @throws DatabaseError when it is not what was taken */
export async function openSource(path: string, policy: InvalidTextPolicy, expected: string): Promise<Source> {
  if ((await identifySnapshot(path)) !== expected) {
    throw createTransferError(`the snapshot ${path} is gone or was changed`, 'TRANSFER_SNAPSHOT_CHANGED');
  }
  const database = await openSnapshotDatabase(path);
  try {
    const schema = readSchema(database);
    return { database, schema, encoding: schema.encoding, policy, close: () => database.close() };
  } catch (error) {
    database.close();
    throw error;
  }
}
