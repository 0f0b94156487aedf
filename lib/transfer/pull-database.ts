import { link, lstat, open, rename, rm } from 'node:fs/promises';
import type { DatabaseError } from '../errors/database-error.js';
import { createDatabaseFile } from './pull/database-file.js';
import { readRemoteSchema, type RemoteSchema } from './pull/read-remote-schema.js';
import { readSnapshot, selectTable } from './pull/read-snapshot.js';
import { verifyFile } from './pull/verify-file.js';
import { resolveTransferOptions } from './resolve-transfer-options.js';
import { TargetDatabase } from './target/target-database.js';
import { listExpressions } from './source/select-rows.js';
import type { SourceTable } from './source/source-schema.js';
import { createTransferError, TransferRefusedError } from './transfer-errors.js';
import type { PullOptions } from './transfer-options.js';
import { countReadable } from './verify/readable-query.js';
import { RowDigest } from './verify/row-digest.js';
import type { Verification } from './verify/verification.js';

/** Columns of a result, in SQLite as it is built for the server. */
const widestResult = 2_000;

/**
 * Copies a database from a server to a new SQLite file: one snapshot, whatever is written meanwhile, verified by a digest of every
 * table. The file appears under its name when it is complete; an interrupted pull begins again.
 * @throws TransferRefusedError when this SQLite lacks what a definition needs
 * @throws DatabaseError `TRANSFER_FILE_EXISTS`, and when the server cannot be read
 */
export async function pullDatabase(options: PullOptions): Promise<Verification> {
  const { source: address, file, ...more } = options;
  const server = new TargetDatabase(resolveTransferOptions({ ...more, source: file, target: address }));
  const path = server.options.source;
  const partial = `${path}.partial`;
  try {
    await assertNothingAt(path);
    await removeDatabase(partial);
    const remote = await readRemoteSchema(server);
    const digests = await fill(server, remote, partial);
    const verification = await verifyFile(partial, digests);
    if (verification.equal) await publish(partial, path);
    return verification;
  } finally {
    server.close();
    await removeDatabase(partial);
  }
}

/** @returns the digest of each table: the server's own where it has one, otherwise that of the rows as they came */
async function fill(
  server: TargetDatabase,
  remote: RemoteSchema,
  path: string,
): Promise<Map<string, string>> {
  const file = await createDatabaseFile(path);
  try {
    const schema = file.createTables(remote);
    assertReadable(schema.tables);
    const arrived = new Map(schema.tables.map((table) => [table.name, new RowDigest(selectTable(table))]));
    const told = new Map<string, string>();
    let rows = 0;
    await readSnapshot(server, remote, schema, {
      onRow(table, row) {
        file.insert(table, row);
        if (!remote.hasSha3) arrived.get(table.name)?.addRow(row);
        if (++rows % 1_000 === 0)
          server.options.onProgress({ stage: 'rows', object: table.name, rows, totalRows: 0 });
      },
      onDigest: ({ name }, digest) => void told.set(name, digest),
      onSequence: (counters) => file.setSequence(counters),
      onPragma: (name, value) => file.setPragma(name, value),
    });
    file.finish(remote);
    return new Map([...arrived].map(([name, digest]) => [name, told.get(name) ?? digest.finish()]));
  } finally {
    file.close();
  }
}

/** The storage classes of a row travel beside its values. */
function assertReadable(tables: readonly SourceTable[]): void {
  const wide = tables.filter((table) => countReadable(listExpressions(table, false).length) > widestResult);
  if (wide.length === 0) return;
  const message = 'more than 1,980 columns, with the rowid, cannot be read over the protocol';
  throw new TransferRefusedError(wide.map(({ name }) => ({ kind: 'unreadable', object: name, message })));
}

/** What SQLite keeps beside a file, and would read as a part of it. */
const companions = ['', '-journal', '-wal', '-shm'];

async function assertNothingAt(path: string): Promise<void> {
  for (const suffix of companions) {
    if ((await lstat(path + suffix).catch(() => undefined)) !== undefined)
      throw createExistsError(path + suffix);
  }
}

function createExistsError(path: string): DatabaseError {
  return createTransferError(`${path} exists already: name another file`, 'TRANSFER_FILE_EXISTS');
}

/** Nobody has the file open any more. */
async function publish(partial: string, path: string): Promise<void> {
  const file = await open(partial, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await assertNothingAt(path);
  try {
    // a rename would replace a file that came meanwhile
    await link(partial, path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw createExistsError(path);
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) throw error;
    await publishWithoutLinks(partial, path);
  }
}

/** For a file system that knows no links: the name is taken before the file moves there. */
async function publishWithoutLinks(partial: string, path: string): Promise<void> {
  const file = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? createExistsError(path) : error;
  });
  await file.close();
  await rename(partial, path);
}

async function removeDatabase(path: string): Promise<void> {
  for (const suffix of companions) await rm(path + suffix, { force: true });
}
