import { DatabaseError } from '../errors/database-error.js';
import { createDeadline } from '../async/deadline.js';
import { toInterrupted } from './copy/to-interrupted.js';
import { assertNothingAt } from './file/place-file.js';
import { removeDatabase, writeNewFile } from './file/write-new-file.js';
import { pullInto } from './pull/pull-into.js';
import { PullBooks, readPullRecord, removePullRecord, type PullRecord } from './pull/pull-progress.js';
import type { PullReport } from './pull/pull-report.js';
import { readRemoteSchema, type RemoteSchema } from './pull/read-remote-schema.js';
import { resolveTransferOptions } from './resolve-transfer-options.js';
import { TargetDatabase } from './target/target-database.js';
import type { PullOptions } from './transfer-options.js';

/**
 * Copies a database from a server to a new SQLite file: one snapshot, whatever is written meanwhile, verified by a digest of every
 * table. The file appears under its name when it is complete.
 * @throws TransferInterruptedError when it stopped under way: call it again with `resume: true`
 * @throws TransferRefusedError when this SQLite lacks what a definition needs
 * @throws DatabaseError `TRANSFER_FILE_EXISTS`, and when the server cannot be read
 */
export async function pullDatabase(options: PullOptions): Promise<PullReport> {
  const { source: address, file, ...more } = options;
  const server = new TargetDatabase(resolveTransferOptions({ ...more, source: file, target: address }));
  const path = server.options.source;
  try {
    await assertNothingAt(path);
    const newFile = { path, overwrite: false, source: undefined, resumes: true };
    return await writeNewFile(newFile, (partial, folder) => pull(server, partial, folder));
  } finally {
    server.close();
  }
}

async function pull(server: TargetDatabase, partial: string, folder: string): Promise<PullReport> {
  const former = server.options.resume ? await readPullRecord(folder) : undefined;
  const remote = await readRemoteSchema(server);
  const restarted = former && findChange(former, remote, server.options.target.location);
  if (former === undefined || restarted !== undefined)
    return { ...(await attempt(server, remote, partial, folder, undefined)), restarted };
  const resumed = await attempt(server, remote, partial, folder, former);
  // what came before the interruption and what came now are of one moment only when nobody wrote in between
  if (resumed.replicationIndex === former.replicationIndex) return { ...resumed, restarted };
  const again = await attempt(server, await readRemoteSchema(server), partial, folder, undefined);
  return { ...again, restarted: written };
}

type Attempt = Omit<PullReport, 'restarted'>;

/** @throws TransferInterruptedError when what has arrived is kept for a pull that goes on */
async function attempt(
  server: TargetDatabase,
  remote: RemoteSchema,
  partial: string,
  folder: string,
  former: PullRecord | undefined,
): Promise<Attempt> {
  if (former === undefined) {
    await removePullRecord(folder);
    await removeDatabase(partial);
  }
  const books = new PullBooks(server, remote, folder);
  try {
    const deadline = createDeadline(Infinity, server.options.signal);
    const state = { former, onArrived: (digests: PullRecord['digests']) => books.note(digests) };
    const { verification, replicationIndex } = await pullInto(server, remote, partial, state, deadline);
    await books.close();
    await removePullRecord(folder);
    return { ...verification, replicationIndex };
  } catch (error) {
    await books.close().catch(() => undefined);
    if (books.areOpen && canGoOn(error)) throw toInterrupted(error);
    await removePullRecord(folder);
    throw error;
  }
}

/** Waiting may mend it; what SQLite or the server refuses stays refused. */
function canGoOn(error: unknown): boolean {
  const passing = ['unavailable', 'aborted', 'timeout', 'busy'];
  // of a file beside the database, on a disk that is full
  if ((error as NodeJS.ErrnoException).errno !== undefined) return true;
  return error instanceof DatabaseError && passing.includes(error.kind);
}

const written = 'the server was written to meanwhile';

/** @returns why what has arrived is of no use any more */
function findChange(former: PullRecord, remote: RemoteSchema, location: string): string | undefined {
  if (former.source !== location) return `what had arrived is of ${former.source}`;
  return former.replicationIndex === remote.replicationIndex && former.fingerprint === remote.fingerprint
    ? undefined
    : written;
}
