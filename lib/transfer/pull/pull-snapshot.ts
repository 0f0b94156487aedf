import { remainingMs, type Deadline } from '../../async/deadline.js';
import { watchDeadline } from '../../async/watch-deadline.js';
import { DatabaseError } from '../../errors/database-error.js';
import { createAbortedError, createTimeoutError } from '../../errors/wait-errors.js';
import type { ResolvedTursoTarget } from '../../options/resolved-options.js';
import { removeDatabase, writeNewFile, type NewFile } from '../file/write-new-file.js';
import type { ProgressListener } from '../progress.js';
import { createServerOptions } from '../resolve-transfer-options.js';
import { TargetDatabase } from '../target/target-database.js';
import { pullInto } from './pull-into.js';
import { readRemoteSchema } from './read-remote-schema.js';
import type { Verification } from '../verify/verification.js';

const doing = 'while the database was copied';

/**
 * Copies a database from a server to a file, all or nothing, before a deadline.
 * @throws DatabaseError `BACKUP_DIFFERS`
 */
export async function pullSnapshot(
  target: ResolvedTursoTarget,
  connectTimeoutMs: number,
  file: Omit<NewFile, 'source' | 'resumes'>,
  deadline: Deadline,
  onProgress: ProgressListener = () => undefined,
): Promise<Verification> {
  const stopping = new AbortController();
  const stopWatching = watchDeadline(
    deadline,
    () => stopping.abort(createTimeoutError(doing, deadline.timeoutMs)),
    (reason) => stopping.abort(createAbortedError(doing, reason)),
  );
  const bounds = { requestTimeoutMs: remainingMs(deadline), signal: stopping.signal, onProgress };
  const server = new TargetDatabase(createServerOptions(file.path, { target, connectTimeoutMs }, bounds));
  try {
    return await writeNewFile({ ...file, source: undefined, resumes: false }, async (partial) => {
      await removeDatabase(partial);
      const remote = await readRemoteSchema(server);
      const begin = { former: undefined, onArrived: () => undefined };
      const { verification } = await pullInto(server, remote, partial, begin, deadline);
      if (verification.equal) return verification;
      throw createDiffersError(verification);
    });
  } finally {
    stopWatching();
    server.close();
  }
}

function createDiffersError({ differences }: Verification): DatabaseError {
  const [first] = differences;
  return new DatabaseError(`the copy differs from the database: ${first?.kind} ${first?.object}`, {
    code: 'BACKUP_DIFFERS',
    kind: 'corrupt',
    outcome: 'not-applied',
  });
}
