import type { IntMode, ResultSet } from '@libsql/core/api';
import { eventLoopShare } from '../../async/event-loop-share.js';
import type { Statement } from '../../contract/statement.js';
import type { FileGuard } from './file-guard.js';
import type { Prepared, SqliteHandle } from './sqlite-handle.js';
import { bindArgs } from './bind-args.js';
import { runBound } from './sqlite-run.js';
import { isBusy, toSqliteError } from './sqlite-errors.js';

/** A file that is read in this thread. */
export interface ReadFile {
  readonly guard: FileGuard;
  /** The same statement on the handle that has the most of the file in memory. */
  nearest(entry: Prepared): Prepared;
}

/**
 * Runs a read that is prepared already, is known to be fast, and whose turn it is.
 * @returns undefined when one of that is not so, or the file is locked
 * @throws DatabaseError, or IntegerRangeError
 */
export function runReadNow(
  handle: SqliteHandle,
  statement: Statement,
  intMode: IntMode,
  file?: ReadFile,
): ResultSet | undefined {
  const entry = handle.find(statement.sql);
  if (entry?.readsOnly !== true || (file !== undefined && !entry.pace.isFast)) return undefined;
  const began = performance.now();
  if (!eventLoopShare.tryEnter(began)) return undefined;
  file?.guard.assertInPlaceNowAndThen(began);
  try {
    const args = bindArgs(entry.parameters, statement.args);
    return runBound({ entry: file?.nearest(entry) ?? entry, args }, intMode);
  } catch (error) {
    if (isBusy(error)) return undefined;
    throw toSqliteError(error);
  } finally {
    entry.pace.tookInline(performance.now() - began);
  }
}
